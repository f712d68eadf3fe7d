import { codeOf } from "@tiketi/client";
import { useState } from "react";
import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Confirm } from "../../ui/controls.tsx";
import { Badge, Failure, failureText, Skeleton, toast } from "../../ui/feedback.tsx";
import { orderState } from "../orders/list.tsx";
import { type OrderLine, organiser } from "./api.ts";
import { EventFrame } from "./frame.tsx";
import { useOrganiserMessages } from "./messages.ts";

export default function OrdersPage({ params }: { params: Params }) {
  const id = params.id as string;
  return (
    <EventFrame eventId={id}>
      {({ time_zone }) => <Orders eventId={id} zone={time_zone} />}
    </EventFrame>
  );
}

function Orders({ eventId, zone }: { eventId: string; zone: string }) {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const { data, error, reload, set } = useLoad(`orders:${eventId}`, () =>
    organiser.orders(eventId),
  );
  const [refunding, setRefunding] = useState<OrderLine | null>(null);
  if (error && !data) return <Failure error={error} onRetry={reload} />;
  if (!data) return <Skeleton height="20rem" />;
  if (data.orders.length === 0) return <p className="soft">{o.orders.none}</p>;
  const more = () =>
    organiser.orders(eventId, data.next_cursor ?? undefined).then(
      (next) => set({ ...next, orders: [...data.orders, ...next.orders] }),
      (failure: unknown) => toast(failureText(t, codeOf(failure)).lead),
    );
  return (
    <section className="stack">
      <div className="table-wrap card">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{o.orders.buyer}</th>
              <th scope="col">{o.orders.at}</th>
              <th scope="col" className="number">
                {o.orders.tickets}
              </th>
              <th scope="col" className="number">
                {o.orders.total}
              </th>
              <th scope="col">{o.orders.status}</th>
              <th scope="col">
                <span className="unseen">{o.orders.refund}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.orders.map((order) => (
              <OrderRow
                key={order.id}
                order={order}
                zone={zone}
                onRefund={() => setRefunding(order)}
              />
            ))}
          </tbody>
        </table>
      </div>
      {data.next_cursor && (
        <Button kind="quiet" onClick={() => void more()}>
          {t.common.more}
        </Button>
      )}
      {refunding && <Refund order={refunding} onDone={reload} onClose={() => setRefunding(null)} />}
    </section>
  );
}

interface OrderRowProps {
  order: OrderLine;
  zone: string;
  onRefund: () => void;
}

function OrderRow({ order, zone, onRefund }: OrderRowProps) {
  const { t, format } = useI18n();
  const o = useOrganiserMessages();
  const state = orderState(t, order.status);
  return (
    <tr>
      <th scope="row">
        {order.name}
        <br />
        <span className="faint">{order.email}</span>
      </th>
      <td className="figures">{format.dateTime(order.created_at, zone)}</td>
      <td className="number">{format.number(order.tickets)}</td>
      <td className="number">{format.money(order.total, order.currency)}</td>
      <td>
        <Badge kind={state.kind}>{state.text}</Badge>
      </td>
      <td>
        {order.status === "paid" && (
          <Button kind="quiet" size="small" onClick={onRefund}>
            {o.orders.refund}
          </Button>
        )}
      </td>
    </tr>
  );
}

interface RefundProps {
  order: OrderLine;
  onDone: () => void;
  onClose: () => void;
}

function Refund({ order, onDone, onClose }: RefundProps) {
  const { t, format } = useI18n();
  const o = useOrganiserMessages();
  const [busy, setBusy] = useState(false);
  const refund = () => {
    setBusy(true);
    organiser
      .refund(order.id)
      .then(
        () => {
          toast(o.orders.refunded);
          onDone();
        },
        (error: unknown) => toast(failureText(t, codeOf(error)).lead),
      )
      .finally(onClose);
  };
  return (
    <Confirm
      title={o.orders.refundTitle}
      lead={o.orders.refundLead(order.name, format.money(order.total, order.currency))}
      confirm={o.orders.refund}
      keep={t.common.cancel}
      busy={busy}
      onConfirm={refund}
      onClose={onClose}
    />
  );
}
