import "./checkout.css";
import { codeOf, type Hold } from "@tiketi/client";
import { useEffect, useRef, useState } from "react";
import { emptyBasket, keepBasket } from "../../core/basket.ts";
import { secondsUntil, useNow } from "../../core/clock.ts";
import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { navigate } from "../../core/router.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import type { Messages } from "../../i18n/en.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink, Confirm } from "../../ui/controls.tsx";
import { Bar, Failure, failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";

const HOLD_SECONDS = 300;
const OUTCOMES = ["tok_ok", "tok_declined", "tok_timeout", "tok_error"] as const;
type Outcome = (typeof OUTCOMES)[number];

export default function CheckoutPage({ params }: { params: Params }) {
  const id = params.id as string;
  const { t } = useI18n();
  const { data: hold, error, reload } = useLoad(`hold:${id}`, () => api.getHold(id));
  useTitle(t.checkout.title);

  const orderId = hold?.order_id;
  useEffect(() => {
    if (hold) keepBasket(hold);
    if (orderId) navigate(orderPath(orderId, id), { replace: true });
  }, [hold, orderId, id]);
  const code = error ? codeOf(error) : null;
  useEffect(() => {
    if (code === "hold_expired" || code === "not_found" || code === "gone") emptyBasket();
  }, [code]);

  if (code === "hold_expired" || code === "gone") return <Expired eventId={hold?.event_id} />;
  if (error && !hold) return <Failure error={error} onRetry={reload} />;
  if (!hold || orderId) return <Skeleton height="24rem" />;
  return <Checkout hold={hold} onStale={reload} />;
}

/** The order remembers its hold: a payment that is declined later leads back to it. */
function orderPath(orderId: string, holdId: string): string {
  return `/orders/${orderId}?hold=${holdId}`;
}

interface CheckoutProps {
  hold: Hold;
  /** The server knows more of the hold than this page. */
  onStale: () => void;
}

function Checkout({ hold, onStale }: CheckoutProps) {
  const { t, format } = useI18n();
  const { data: event } = useLoad(`event:${hold.event_id}`, () => api.event(hold.event_id));
  const left = secondsUntil(hold.expires_at, useNow());
  const payment = usePayment(hold);
  const [outcome, choose] = useState<Outcome>("tok_ok");
  const [releasing, setReleasing] = useState(false);

  if (left <= 0 && !payment.busy) return <Expired eventId={hold.event_id} />;
  return (
    <div className="stack">
      <header className="stack-tight">
        <p className="soft">
          {event?.name ?? "\u00a0"}
          <br />
          {event
            ? `${format.dateTime(event.starts_at, event.time_zone)} · ${event.venue}`
            : "\u00a0"}
        </p>
        <h1 className="checkout-title">{t.checkout.title}</h1>
      </header>
      <section className="card stack-tight">
        <div className="row between">
          <span className="soft">{t.checkout.timeLeft}</span>
          <strong className="checkout-time" data-short={left < 60 || undefined} role="timer">
            {format.clock(left)}
          </strong>
        </div>
        <Bar
          label={t.checkout.timeLeft}
          share={left / HOLD_SECONDS}
          kind={left < 60 ? "warn" : undefined}
        />
      </section>
      <section className="card stack">
        <h2>{t.checkout.yourSeats}</h2>
        <Items hold={hold} />
        <p className="row between checkout-total">
          <span>{t.common.total}</span>
          <strong className="figures">{format.money(hold.total, hold.currency)}</strong>
        </p>
      </section>
      <section className="card stack">
        <h2>{t.checkout.payment}</h2>
        <Outcomes chosen={outcome} onChoose={choose} />
        {payment.problem && <Notice kind="bad">{paymentText(t, payment.problem)}</Notice>}
        {payment.slow && <Notice>{t.checkout.payingLong}</Notice>}
        <Button wide busy={payment.busy} onClick={() => payment.pay(outcome)}>
          {payment.busy
            ? t.checkout.paying
            : t.checkout.pay(format.money(hold.total, hold.currency))}
        </Button>
      </section>
      <Button kind="danger" disabled={payment.busy} onClick={() => setReleasing(true)}>
        {t.checkout.release}
      </Button>
      {releasing && <Release hold={hold} onStale={onStale} onClose={() => setReleasing(false)} />}
    </div>
  );
}

function Items({ hold }: { hold: Hold }) {
  const { t, format } = useI18n();
  return (
    <ul className="items">
      {hold.seats.map((seat, i) => (
        <li key={seat.id ?? `general-${i}`}>
          <Icon name="ticket" />
          <span className="items-name">
            {seat.section === null
              ? seat.ticket_type
              : t.seats.seat(seat.section, seat.row ?? "", seat.number ?? "")}
            <small>{seat.section === null ? t.events.general : seat.ticket_type}</small>
          </span>
          <span className="figures">{format.money(seat.price, hold.currency)}</span>
        </li>
      ))}
    </ul>
  );
}

interface OutcomesProps {
  chosen: Outcome;
  onChoose: (outcome: Outcome) => void;
}

function Outcomes({ chosen, onChoose }: OutcomesProps) {
  const { t } = useI18n();
  return (
    <fieldset className="stack-tight">
      <legend className="faint">{t.checkout.sandbox}</legend>
      {OUTCOMES.map((outcome) => (
        <label key={outcome} className="check">
          <input
            type="radio"
            name="outcome"
            checked={chosen === outcome}
            onChange={() => onChoose(outcome)}
          />
          {t.checkout.outcomes[outcome]}
        </label>
      ))}
    </fieldset>
  );
}

function paymentText(t: Messages, code: string): string {
  if (code === "payment_declined") return t.checkout.declined;
  if (code.startsWith("payment") || code === "provider_error") return t.checkout.failed;
  return failureText(t, code).lead;
}

interface Payment {
  busy: boolean;
  /** The provider takes unusually long. */
  slow: boolean;
  problem: string | null;
  pay: (outcome: Outcome) => void;
}

function usePayment(hold: Hold): Payment {
  const [busy, setBusy] = useState(false);
  const [slow, setSlow] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  /** One key per attempt: an attempt whose answer was lost is repeated, not paid twice. */
  const attempt = useRef<{ outcome: Outcome; key: string } | null>(null);

  const pay = (outcome: Outcome) => {
    setBusy(true);
    setProblem(null);
    if (attempt.current?.outcome !== outcome) {
      attempt.current = { outcome, key: crypto.randomUUID() };
    }
    const late = setTimeout(() => setSlow(true), 4000);
    api
      .checkout(hold.id, outcome, attempt.current.key)
      .then(
        (order) => {
          if (order.status !== "pending") emptyBasket();
          navigate(`${orderPath(order.id, hold.id)}&new`, { replace: true });
        },
        (error: unknown) => {
          const code = codeOf(error);
          if (code !== "offline" && code !== "unavailable") attempt.current = null;
          setProblem(code);
        },
      )
      .finally(() => {
        clearTimeout(late);
        setSlow(false);
        setBusy(false);
      });
  };
  return { busy, slow, problem, pay };
}

interface ReleaseProps extends CheckoutProps {
  onClose: () => void;
}

function Release({ hold, onStale, onClose }: ReleaseProps) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const release = () => {
    setBusy(true);
    const after = () => {
      emptyBasket();
      navigate(`/events/${hold.event_id}/seats`, { replace: true });
    };
    api.release(hold.id).then(after, (error: unknown) => {
      const code = codeOf(error);
      if (code === "not_found") after();
      else {
        toast(failureText(t, code).lead);
        onClose();
        onStale();
      }
    });
  };
  return (
    <Confirm
      title={t.checkout.releaseTitle}
      lead={t.checkout.releaseLead}
      confirm={t.checkout.release}
      keep={t.checkout.keep}
      busy={busy}
      onConfirm={release}
      onClose={onClose}
    />
  );
}

function Expired({ eventId }: { eventId: string | undefined }) {
  const { t } = useI18n();
  useEffect(emptyBasket, []);
  return (
    <section className="failure">
      <span className="failure-mark">
        <Icon name="clock" />
      </span>
      <h1>{t.checkout.expiredTitle}</h1>
      <p>{t.checkout.expiredLead}</p>
      <ButtonLink href={eventId ? `/events/${eventId}/line` : "/"}>{t.checkout.again}</ButtonLink>
    </section>
  );
}
