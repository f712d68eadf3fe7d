import "./orders.css";
import { codeOf, type Order, type Ticket } from "@tiketi/client";
import { useEffect, useState } from "react";
import { emptyBasket, useBasket } from "../../core/basket.ts";
import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink, Confirm } from "../../ui/controls.tsx";
import { Badge, Failure, failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Poster } from "../../ui/poster.tsx";
import { orderState } from "./list.tsx";

export default function OrderPage({ params }: { params: Params }) {
  const id = params.id as string;
  const { t, format } = useI18n();
  const { data: order, error, reload, set } = useLoad(`order:${id}`, () => api.order(id));
  const search = new URLSearchParams(location.search);
  const [isNew, holdId] = [search.has("new"), search.get("hold")];
  const basket = useBasket();
  useTitle(t.orders.title);

  const bought = order !== null && order.status !== "pending" && order.status !== "declined";
  useEffect(() => {
    if (bought && holdId !== null && basket?.holdId === holdId) emptyBasket();
  }, [bought, holdId, basket]);

  useEffect(() => {
    if (order?.status !== "pending") return;
    const timer = setInterval(reload, 2000);
    return () => clearInterval(timer);
  }, [order?.status, reload]);

  if (error && !order) return <Failure error={error} onRetry={reload} />;
  if (!order) return <Skeleton height="30rem" />;
  if (!bought) return <Unpaid order={order} holdId={holdId} />;
  const state = orderState(t, order.status);
  return (
    <div className="stack">
      {isNew && order.status === "paid" ? (
        <header className="thanks">
          <span className="thanks-mark">
            <Icon name="check" />
          </span>
          <h1>{t.orders.thanks}</h1>
          <p className="soft">{t.orders.thanksLead}</p>
        </header>
      ) : (
        <h1 className="unseen">{t.orders.order}</h1>
      )}
      <Tickets order={order} />
      <section className="card stack order-actions">
        <dl className="facts">
          <div>
            <dt>{t.orders.order}</dt>
            <dd>
              <Badge kind={state.kind}>{state.text}</Badge>
            </dd>
          </div>
          <div>
            <dt>{t.orders.when}</dt>
            <dd>{format.dateTime(order.created_at, order.time_zone)}</dd>
          </div>
          <div>
            <dt>{t.common.total}</dt>
            <dd>{format.money(order.total, order.currency)}</dd>
          </div>
        </dl>
        {order.status === "paid" && <Actions order={order} onRefunded={set} />}
      </section>
    </div>
  );
}

/** The payment is still under way, or came to nothing. */
function Unpaid({ order, holdId }: { order: Order; holdId: string | null }) {
  const { t } = useI18n();
  const pending = order.status === "pending";
  return (
    <section className="failure" role="status">
      <span className="failure-mark">
        {pending ? <span className="spinner" /> : <Icon name="warn" />}
      </span>
      <h1>{pending ? t.orders.pendingTitle : t.orders.declined}</h1>
      <p>{pending ? t.orders.pendingLead : t.orders.declinedLead}</p>
      {!pending && (
        <ButtonLink href={holdId ? `/holds/${holdId}` : `/events/${order.event_id}/line`}>
          {holdId ? t.orders.payAgain : t.checkout.again}
        </ButtonLink>
      )}
    </section>
  );
}

function Tickets({ order }: { order: Order }) {
  return (
    <ul className="stack">
      {order.tickets.map((ticket, i) => (
        <li key={ticket.id}>
          <TicketCard ticket={ticket} order={order} place={[i + 1, order.tickets.length]} />
        </li>
      ))}
    </ul>
  );
}

interface TicketCardProps {
  ticket: Ticket;
  order: Order;
  place: [number, number];
}

function TicketCard({ ticket, order, place }: TicketCardProps) {
  const { t, format } = useI18n();
  const { seat } = ticket;
  const name = seat
    ? t.seats.seat(seat.section ?? "", seat.row ?? "", seat.number ?? "")
    : ticket.ticket_type;
  const valid = ticket.state !== "refunded";
  return (
    <article className="ticket" data-void={!valid || undefined}>
      <div className="ticket-picture">
        <Poster seed={order.event_id} />
      </div>
      <div className="ticket-body">
        <div className="stack-tight">
          <p className="faint row between">
            {t.orders.ticketOf(...place)}
            {ticket.state === "used" && <Badge>{t.orders.used}</Badge>}
          </p>
          <h2>{order.event_name}</h2>
          <p className="soft">
            {format.dateTime(order.starts_at, order.time_zone)} · {order.venue}
          </p>
        </div>
        {seat ? (
          <dl className="ticket-seat">
            <div>
              <dt>{t.seats.section}</dt>
              <dd>{seat.section}</dd>
            </div>
            <div>
              <dt>{t.seats.rowLabel}</dt>
              <dd>{seat.row}</dd>
            </div>
            <div>
              <dt>{t.seats.numberLabel}</dt>
              <dd>{seat.number}</dd>
            </div>
          </dl>
        ) : (
          <p className="ticket-general">{ticket.ticket_type}</p>
        )}
      </div>
      <div className="ticket-tear" />
      <div className="ticket-code">
        {valid ? (
          <div className="ticket-qr">
            <img src={`/api/tickets/${ticket.id}/qr.svg`} alt={t.orders.qr(name)} />
          </div>
        ) : (
          <Notice kind="bad">{t.orders.invalid}</Notice>
        )}
      </div>
    </article>
  );
}

interface ActionsProps {
  order: Order;
  onRefunded: (order: Order) => void;
}

function Actions({ order, onRefunded }: ActionsProps) {
  const { t } = useI18n();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const refund = () => {
    setBusy(true);
    api
      .refund(order.id)
      .then(
        (refunded) => {
          onRefunded(refunded);
          toast(t.orders.refundDone);
        },
        (error: unknown) => setProblem(codeOf(error)),
      )
      .finally(() => {
        setBusy(false);
        setAsking(false);
      });
  };
  return (
    <>
      <ButtonLink href={`/api/orders/${order.id}/tickets.pdf`} icon="download" outside wide>
        {t.orders.pdf}
      </ButtonLink>
      <ButtonLink
        href={`/api/orders/${order.id}/event.ics`}
        kind="quiet"
        icon="calendar"
        outside
        wide
      >
        {t.orders.calendar}
      </ButtonLink>
      {problem && <Notice kind="bad">{failureText(t, problem).lead}</Notice>}
      <Button kind="danger" wide onClick={() => setAsking(true)}>
        {t.orders.refund}
      </Button>
      {asking && (
        <Confirm
          title={t.orders.refundTitle}
          lead={t.orders.refundLead}
          confirm={t.orders.refund}
          keep={t.common.cancel}
          busy={busy}
          onConfirm={refund}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
