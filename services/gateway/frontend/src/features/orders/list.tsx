import "./orders.css";
import type { Hold, Order } from "@tiketi/client";
import { useState } from "react";
import { secondsUntil, useNow } from "../../core/clock.ts";
import { heldSeats } from "../../core/held.ts";
import { useLoad } from "../../core/load.ts";
import { Link } from "../../core/router.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import type { Messages } from "../../i18n/en.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink } from "../../ui/controls.tsx";
import { Badge, Empty, Failure, type Kind, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { Poster } from "../../ui/poster.tsx";

export function orderState(t: Messages, status: string): { text: string; kind: Kind } {
  if (status === "paid") return { text: t.orders.paid, kind: "good" };
  if (status === "refunded") return { text: t.orders.refunded, kind: "bad" };
  if (status === "partly_refunded") return { text: t.orders.partly, kind: "warn" };
  if (status === "declined") return { text: t.orders.declined, kind: "bad" };
  return { text: t.orders.pending, kind: "warn" };
}

export default function OrderList() {
  const { t } = useI18n();
  const { data, error, reload, set } = useLoad("orders", () => api.orders());
  const [busy, setBusy] = useState(false);
  useTitle(t.orders.title);

  if (error && !data) return <Failure error={error} onRetry={reload} />;
  if (!data) return <Skeleton height="16rem" />;
  const more = () => {
    setBusy(true);
    api
      .orders(data.next_cursor ?? undefined)
      .then(
        (next) => set({ ...next, orders: [...data.orders, ...next.orders] }),
        () => toast(t.failures.offline.lead),
      )
      .finally(() => setBusy(false));
  };
  return (
    <div className="stack">
      <h1>{t.orders.title}</h1>
      <HeldSeats />
      {data.orders.length === 0 && (
        <Empty title={t.orders.none} lead={t.orders.noneHint} icon="ticket" />
      )}
      <ul className="stack">
        {data.orders.map((order) => (
          <li key={order.id}>
            <OrderCard order={order} />
          </li>
        ))}
      </ul>
      {data.next_cursor && (
        <Button kind="quiet" busy={busy} onClick={more}>
          {t.common.more}
        </Button>
      )}
    </div>
  );
}

/** Seats that are held for the person and not paid yet. */
function HeldSeats() {
  const { data } = useLoad("holds", heldSeats);
  const now = useNow();
  const held = data?.filter((hold) => secondsUntil(hold.expires_at, now) > 0) ?? [];
  if (held.length === 0) return null;
  return (
    <ul className="stack">
      {held.map((hold) => (
        <li key={hold.id}>
          <HeldCard hold={hold} left={secondsUntil(hold.expires_at, now)} />
        </li>
      ))}
    </ul>
  );
}

function HeldCard({ hold, left }: { hold: Hold; left: number }) {
  const { t, format } = useI18n();
  const { data: event } = useLoad(`event:${hold.event_id}`, () => api.event(hold.event_id));
  return (
    <section className="card stack">
      <Notice kind="good">
        <strong>{event?.name ?? t.waitlist.offeredTitle}</strong>
        {event && <span>{format.dateTime(event.starts_at, event.time_zone)}</span>}
        <span>
          {t.waitlist.offered} <span className="figures">{format.clock(left)}</span>
        </span>
      </Notice>
      <ButtonLink href={`/holds/${hold.id}`} wide>
        {t.waitlist.take}
      </ButtonLink>
    </section>
  );
}

function OrderCard({ order }: { order: Order }) {
  const { t, format } = useI18n();
  const state = orderState(t, order.status);
  return (
    <Link className="order-card" href={`/orders/${order.id}`}>
      <span className="order-card-picture">
        <Poster seed={order.event_id} />
      </span>
      <span className="order-card-body">
        <strong>{order.event_name}</strong>
        <span className="soft">{format.dateTime(order.starts_at, order.time_zone)}</span>
        <span className="row between">
          <span className="faint figures">
            {t.common.tickets(order.tickets.length)} · {format.money(order.total, order.currency)}
          </span>
          <Badge kind={state.kind}>{state.text}</Badge>
        </span>
      </span>
    </Link>
  );
}
