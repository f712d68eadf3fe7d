import "./events.css";
import type { EventDetail } from "@tiketi/client";
import { useEffect } from "react";
import { useBasket } from "../../core/basket.ts";
import { secondsUntil, useNow } from "../../core/clock.ts";
import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { loginPath, useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { ButtonLink } from "../../ui/controls.tsx";
import { Failure, Notice, Skeleton } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Poster } from "../../ui/poster.tsx";
import { Countdown } from "./countdown.tsx";
import { PhaseBadge } from "./list.tsx";
import { Waitlist } from "./waitlist.tsx";

export default function EventPage({ params }: { params: Params }) {
  const id = params.id as string;
  const { data: event, error, reload } = useLoad(`event:${id}`, () => api.event(id));
  useTitle(event?.name);
  useReloadAtOpening(event, reload);
  useReloadNowAndThen(reload);

  if (error && !event) return <Failure error={error} onRetry={reload} />;
  if (!event) return <Skeleton height="30rem" />;
  return (
    <article className="event">
      <div className="event-picture">
        <Poster seed={event.id} />
      </div>
      <div className="event-columns">
        <Head event={event} />
        <section className="event-side card">
          <Entrance event={event} />
        </section>
        <div className="event-more">
          <Prices event={event} />
          <Fairness />
        </div>
      </div>
    </article>
  );
}

/** The phase changes at the opening: the page asks again then, each at a slightly other time. */
function useReloadAtOpening(event: EventDetail | null, reload: () => void): void {
  const opens = event?.sale_opens_at;
  useEffect(() => {
    const wait = opens ? Date.parse(opens) - Date.now() : -1;
    if (wait <= 0 || wait > 86_400_000) return;
    const timer = setTimeout(reload, wait + 500 + Math.random() * 2000);
    return () => clearTimeout(timer);
  }, [opens, reload]);
}

const SOON_MS = 2_000;
const OFTEN_MS = 30_000;

/** What was kept for everyone may be a minute old: asked again soon, when it is fresh, and later. */
function useReloadNowAndThen(reload: () => void): void {
  useEffect(() => {
    const spread = Math.random() * SOON_MS;
    const soon = setTimeout(reload, SOON_MS + spread);
    const often = setInterval(() => document.hidden || reload(), OFTEN_MS + spread);
    return () => {
      clearTimeout(soon);
      clearInterval(often);
    };
  }, [reload]);
}

function Head({ event }: { event: EventDetail }) {
  const { t, format } = useI18n();
  return (
    <header className="event-head">
      <PhaseBadge phase={event.phase} />
      <h1>{event.name}</h1>
      <dl className="event-facts">
        <div>
          <dt>
            <Icon name="calendar" />
            <span className="unseen">{t.events.when}</span>
          </dt>
          <dd>{format.dateTime(event.starts_at, event.time_zone)}</dd>
        </div>
        <div>
          <dt>
            <Icon name="pin" />
            <span className="unseen">{t.events.where}</span>
          </dt>
          <dd>{event.venue}</dd>
        </div>
        <div>
          <dt>
            <Icon name="user" />
            <span className="unseen">{t.events.limit}</span>
          </dt>
          <dd>
            {t.events.limit} {t.events.limitValue(event.max_per_user)}
          </dd>
        </div>
      </dl>
    </header>
  );
}

function Prices({ event }: { event: EventDetail }) {
  const { t, format } = useI18n();
  return (
    <section className="stack-tight">
      <h2>{t.events.prices}</h2>
      <ul className="prices">
        {event.ticket_types.map((type) => (
          <li key={type.id}>
            <span>
              {type.name}
              <small>{type.kind === "seated" ? t.events.seated : t.events.general}</small>
            </span>
            <strong className="figures">{format.money(type.price, event.currency)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fairness() {
  const { t } = useI18n();
  return (
    <section className="stack">
      <h2>{t.events.fairTitle}</h2>
      <ol className="fair">
        {t.events.fair.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </section>
  );
}

/** The one thing to do next, which depends on where the sale stands. */
function Entrance({ event }: { event: EventDetail }) {
  const { t, format } = useI18n();
  const now = useNow();
  const { phase } = event;
  const before = phase === "scheduled" || phase === "lobby";
  return (
    <>
      <Held event={event} now={now} />
      {before && (
        <div className="stack-tight">
          <p className="field-label">{t.events.opensIn}</p>
          <Countdown seconds={secondsUntil(event.sale_opens_at, now)} />
          <p className="faint">
            {t.events.opensAt(format.dateTime(event.sale_opens_at, event.time_zone))}
          </p>
        </div>
      )}
      {(phase === "on_sale" || phase === "paused") && (
        <p className="figures">
          <strong>{t.events.from(format.money(event.price_from, event.currency))}</strong>
          <br />
          <span className="soft">{t.events.left(format.number(event.seats_left))}</span>
        </p>
      )}
      {phase === "scheduled" && <p className="soft">{t.events.scheduledHint}</p>}
      {phase === "lobby" && <Enter event={event} label={t.events.enterLobby} />}
      {phase === "lobby" && <p className="faint">{t.events.lobbyHint}</p>}
      {phase === "on_sale" && <Enter event={event} label={t.events.getTickets} />}
      {phase === "paused" && <Enter event={event} label={t.events.joinLine} />}
      {(phase === "on_sale" || phase === "paused" || phase === "sold_out") && (
        <Waitlist event={event} />
      )}
      {phase === "ended" && <p className="soft">{t.events.ended}</p>}
    </>
  );
}

/** Seats of this event that are held for the person, whatever the sale says to everyone else. */
function Held({ event, now }: { event: EventDetail; now: number }) {
  const { t, format } = useI18n();
  const basket = useBasket();
  if (basket?.eventId !== event.id) return null;
  const left = secondsUntil(basket.expiresAt, now);
  if (left <= 0) return null;
  return (
    <section className="stack-tight">
      <Notice kind="good">
        <strong>{t.waitlist.offeredTitle}</strong>
        {t.waitlist.offered} <span className="figures">{format.clock(left)}</span>
      </Notice>
      <ButtonLink href={`/holds/${basket.holdId}`} wide>
        {t.waitlist.take}
      </ButtonLink>
    </section>
  );
}

function Enter({ event, label }: { event: EventDetail; label: string }) {
  const { user } = useSession();
  const path = `/events/${event.id}/line`;
  return (
    <ButtonLink href={user === null ? loginPath(path) : path} wide>
      {label}
    </ButtonLink>
  );
}
