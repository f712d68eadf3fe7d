import type { Hold, HoldRequest } from "@tiketi/client";
import { useEffect, useState } from "react";
import { emptyBasket, keepBasket } from "../../core/basket.ts";
import { secondsUntil, useNow } from "../../core/clock.ts";
import { api, live } from "../../core/tiketi.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink } from "../../ui/controls.tsx";
import { Notice } from "../../ui/feedback.tsx";

const KEPT = "tiketi:nearest";

/** Whether the person agreed to the nearest seats where theirs are gone; kept on this device. */
export function useAgreement(): [boolean, (agrees: boolean) => void] {
  const [agrees, setAgrees] = useState(() => localStorage.getItem(KEPT) === "yes");
  const set = (next: boolean) => {
    localStorage.setItem(KEPT, next ? "yes" : "no");
    setAgrees(next);
  };
  return [agrees, set];
}

export function Agreement({
  agrees,
  onChange,
}: {
  agrees: boolean;
  onChange: (b: boolean) => void;
}) {
  const { t } = useI18n();
  return (
    <label className="check">
      <input type="checkbox" checked={agrees} onChange={(e) => onChange(e.target.checked)} />
      <span>
        {t.seats.nearest}
        <small className="faint block">{t.seats.nearestHint}</small>
      </span>
    </label>
  );
}

/** Whether a hold is for other seats than those that were asked for. */
export function isElsewhere(request: HoldRequest, hold: Hold): boolean {
  if (!("seat_ids" in request)) return false;
  const asked = new Set(request.seat_ids);
  return hold.seats.some((seat) => seat.id !== null && !asked.has(seat.id));
}

export interface Offering {
  hold: Hold | null;
  show: (hold: Hold | null) => void;
}

/** Seats that are held for the person without a click of theirs: heard of over the connection. */
export function useOffer(eventId: string): Offering {
  const [hold, show] = useState<Hold | null>(null);
  useEffect(() => {
    let shown = true;
    const end = live.subscribe(eventId, (message) => {
      if (message.type !== "seats-offered") return;
      // Without an answer the seat page learns of the hold when it asks again.
      api.getHold(message.data.hold_id).then(
        (offered) => shown && show(offered),
        () => undefined,
      );
    });
    return () => {
      shown = false;
      end();
    };
  }, [eventId]);
  useEffect(() => {
    if (hold) keepBasket(hold);
  }, [hold]);
  return { hold, show };
}

/** The seats that are held, how long, and the way to pay for them or to give them back. */
export function Offer({ hold, show }: { hold: Hold; show: (hold: Hold | null) => void }) {
  const { t, format } = useI18n();
  const [busy, setBusy] = useState(false);
  const left = secondsUntil(hold.expires_at, useNow());
  const over = left <= 0;
  useEffect(() => {
    if (!over) return;
    emptyBasket();
    show(null);
  }, [over, show]);
  const giveBack = () => {
    setBusy(true);
    const after = () => {
      emptyBasket();
      show(null);
    };
    api.release(hold.id).then(after, after);
  };
  const names = hold.seats.map((seat) =>
    seat.section === null
      ? seat.ticket_type
      : t.seats.short(seat.section, seat.row ?? "", seat.number ?? ""),
  );
  return (
    <div className="stack-tight">
      <div role="status">
        <Notice kind="good">
          <strong>{t.seats.offered(names.join(", "))}</strong>
          {format.money(hold.total, hold.currency)}
        </Notice>
      </div>
      <div className="row between">
        <strong className="figures" role="timer" aria-label={t.checkout.timeLeft}>
          {format.clock(left)}
        </strong>
        <div className="row">
          <Button kind="plain" size="small" busy={busy} onClick={giveBack}>
            {t.checkout.release}
          </Button>
          <ButtonLink href={`/holds/${hold.id}`} size="small">
            {t.seats.toCheckout}
          </ButtonLink>
        </div>
      </div>
    </div>
  );
}

/** Said while nothing fits: what comes back is held as soon as it does. */
export function Waiting({ onStop }: { onStop: () => void }) {
  const { t } = useI18n();
  return (
    <div className="stack-tight">
      <div role="status">
        <Notice>
          <strong>{t.seats.waiting}</strong>
          {t.seats.waitingHint}
        </Notice>
      </div>
      <Button kind="quiet" size="small" onClick={onStop}>
        {t.seats.stopWaiting}
      </Button>
    </div>
  );
}
