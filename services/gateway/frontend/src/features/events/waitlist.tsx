import { ApiError, codeOf, type contract, type EventDetail } from "@tiketi/client";
import { useEffect, useState } from "react";
import { keepBasket } from "../../core/basket.ts";
import { rememberWaiting } from "../../core/held.ts";
import { loginPath, useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink, Select, Stepper } from "../../ui/controls.tsx";
import { failureText, Notice } from "../../ui/feedback.tsx";

type Entry = contract.WaitlistPlace;

/** Sold out is not the end: seats that come back are offered in order. */
export function Waitlist({ event }: { event: EventDetail }) {
  const { t, format } = useI18n();
  const { user } = useSession();
  const [entry, setEntry] = useState<Entry | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [quantity, setQuantity] = useState(1);
  const [type, setType] = useState(event.ticket_types[0]?.id ?? "");
  const path = `/api/events/${event.id}/waitlist`;

  const soldOut = event.phase === "sold_out";
  const waits = entry?.status === "waiting" || entry?.status === "offered";
  const follows = soldOut || waits;

  useEffect(() => {
    if (!user) return;
    const look = () =>
      api.http.get<Entry>(path).then(setEntry, (error: unknown) => {
        if (error instanceof ApiError && error.status === 404) setEntry(null);
      });
    void look();
    const timer = follows ? setInterval(look, 10_000) : undefined;
    return () => clearInterval(timer);
  }, [path, user, follows]);
  const holdId = entry?.offer?.hold_id;
  const expiresAt = entry?.offer?.expires_at;
  useEffect(() => {
    if (entry) rememberWaiting(waits);
    if (holdId && expiresAt) {
      keepBasket({ id: holdId, event_id: event.id, expires_at: expiresAt });
    }
  }, [entry, waits, holdId, expiresAt, event.id]);

  const act = (call: Promise<Entry | null>) => {
    setProblem(null);
    call.then(setEntry, (error: unknown) => setProblem(codeOf(error)));
  };
  const join = () =>
    act(
      api.http.post<Entry>(path, {
        body: { ticket_type_id: type, quantity },
        idempotencyKey: crypto.randomUUID(),
      }),
    );
  const leave = () => act(api.http.delete(path).then(() => null));
  if (!follows) return null;
  return (
    <section className="stack">
      <h2>{t.waitlist.title}</h2>
      <p className="soft">{t.waitlist.lead}</p>
      {problem && <Notice kind="bad">{failureText(t, problem).lead}</Notice>}
      {!user && (
        <ButtonLink href={loginPath()} wide>
          {t.events.notifyMe}
        </ButtonLink>
      )}
      {user && !waits && (
        <>
          <Select
            label={t.waitlist.type}
            value={type}
            onChange={setType}
            options={event.ticket_types.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <div className="row between">
            <span className="field-label">{t.waitlist.quantity}</span>
            <Stepper
              label={t.waitlist.quantity}
              value={quantity}
              min={1}
              max={event.max_per_user}
              onChange={setQuantity}
            />
          </div>
          <Button wide onClick={join}>
            {t.waitlist.join}
          </Button>
        </>
      )}
      {waits && !holdId && (
        <Notice>
          {entry.position ? t.waitlist.joined(format.number(entry.position)) : t.waitlist.waiting}
        </Notice>
      )}
      {waits && (
        <Button kind="danger" wide onClick={leave}>
          {t.waitlist.leave}
        </Button>
      )}
    </section>
  );
}
