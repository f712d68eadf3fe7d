import "./line.css";
import type { EventDetail, LineSnapshot, PlaceStatus } from "@tiketi/client";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { secondsUntil, useNow } from "../../core/clock.ts";
import type { Params } from "../../core/router.tsx";
import { Link, navigate } from "../../core/router.tsx";
import { loginPath, useSession } from "../../core/session.tsx";
import { useTitle } from "../../core/title.ts";
import { useEvent } from "../../core/use-event.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink } from "../../ui/controls.tsx";
import { Bar, failureText, Notice, Skeleton } from "../../ui/feedback.tsx";
import { allowAnnouncements, announce } from "./announce.ts";
import { Baskets, chanceText } from "./chance.tsx";
import { Connection } from "./connection.tsx";
import { LostTurn } from "./lost-turn.tsx";
import { type LineHandle, useLine } from "./use-line.ts";

/** Few sales are by invitation: a chunk of its own. */
const Invitation = lazy(() => import("./invitation.tsx"));
const Leave = lazy(() => import("./leave.tsx"));
const Stay = lazy(() => import("./stay.tsx"));

export default function LinePage({ params }: { params: Params }) {
  const id = params.id as string;
  const { user } = useSession();
  const { data: event } = useEvent(id);
  const handle = useLine(id, user?.id ?? "");
  const { place } = handle.now;
  const name = event?.name ?? "";
  useLineTitle(handle.now, name);
  useTurn(handle.now, id, name);

  return (
    <div className="line">
      <header className="line-head">
        <p className="soft">{name || "\u00a0"}</p>
        <Heading now={handle.now} />
      </header>
      <Connection handle={handle} />
      {place ? (
        <Standing handle={handle} eventId={id} event={event} />
      ) : (
        <Entering handle={handle} />
      )}
    </div>
  );
}

function Heading({ now }: { now: LineSnapshot }) {
  const { t } = useI18n();
  const titles: Record<PlaceStatus, string> = {
    lobby: t.line.lobbyTitle,
    waiting: t.line.waitingTitle,
    passed_over: t.line.passedTitle,
    admitted: t.line.turnTitle,
    paused: t.line.pausedTitle,
    sold_out: t.line.soldOutTitle,
  };
  return <h1 aria-live="polite">{now.place ? titles[now.place.status] : t.line.title}</h1>;
}

/** The first answer is on its way, or was a refusal. */
function Entering({ handle }: { handle: LineHandle }) {
  const { problem } = handle.now;
  const { t } = useI18n();
  if (problem === null) return <Skeleton height="21rem" />;
  if (problem.startsWith("invite")) {
    return (
      <Suspense fallback={<Skeleton height="21rem" />}>
        <Invitation handle={handle} problem={problem} />
      </Suspense>
    );
  }
  const { title, lead } = failureText(t, problem);
  return (
    <section className="card stack" role="alert">
      <h2>{title}</h2>
      <p className="soft">{lead}</p>
      <div className="row">
        {problem === "unauthenticated" ? (
          <ButtonLink href={loginPath()}>{t.account.login}</ButtonLink>
        ) : (
          <Button onClick={() => handle.line.refresh()}>{t.common.retry}</Button>
        )}
        <Link href="/">{t.common.toEvents}</Link>
      </div>
    </section>
  );
}

interface StandingProps {
  handle: LineHandle;
  eventId: string;
  /** Null until it is loaded. */
  event: EventDetail | null;
}

function Standing({ handle, eventId, event }: StandingProps) {
  const { place } = handle.now;
  const [leaving, setLeaving] = useState(false);
  const { t } = useI18n();
  if (!place) return null;
  if (place.status === "sold_out") return <SoldOut eventId={eventId} />;
  return (
    <>
      {place.status === "admitted" ? (
        <Turn handle={handle} eventId={eventId} />
      ) : (
        <Waiting now={handle.now} lostTurn={handle.lostTurn} event={event} />
      )}
      <div className="row between">
        <ButtonLink href={`/events/${eventId}/draw`} kind="plain" size="small" icon="shuffle">
          {t.draw.title}
        </ButtonLink>
        <Button kind="danger" size="small" onClick={() => setLeaving(true)}>
          {t.line.leave}
        </Button>
      </div>
      <Suspense>
        {leaving && <Leave handle={handle} eventId={eventId} onClose={() => setLeaving(false)} />}
      </Suspense>
    </>
  );
}

interface WaitingProps {
  now: LineSnapshot;
  lostTurn: boolean;
  event: EventDetail | null;
}

function Waiting({ now, lostTurn, event }: WaitingProps) {
  const { t } = useI18n();
  const status = now.place?.status;
  return (
    <>
      {lostTurn && <LostTurn />}
      <section className="card line-card">
        {status === "lobby" ? <LobbyCountdown event={event} /> : <Position now={now} />}
        <Facts now={now} />
      </section>
      {status === "waiting" && <Baskets now={now} />}
      {status === "paused" && <Notice kind="warn">{t.line.pausedLead}</Notice>}
      {status === "passed_over" && <Notice kind="good">{t.line.passedLead}</Notice>}
      <TellMe />
      <section className="card line-more">
        <div className="stack-tight">
          <h2>{t.line.leaveOk}</h2>
          <p className="soft">{status === "lobby" ? t.line.lobbyLead : t.line.leaveOkMore}</p>
        </div>
        <div className="stack-tight">
          <h3>{t.line.nextTitle}</h3>
          <ol className="steps">
            {t.line.nextSteps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </div>
      </section>
    </>
  );
}

function Position({ now }: { now: LineSnapshot }) {
  const { t, format } = useI18n();
  const estimate = now.estimate;
  const position = estimate?.position ?? 1;
  return (
    <>
      <div className="place">
        <span className="field-label">{t.line.position}</span>
        <span className="place-number">{format.number(position)}</span>
        <span className="soft place-of">
          {position === 1
            ? t.line.nextUp
            : t.line.ofTotal(format.number(estimate?.total ?? position))}
        </span>
      </div>
      <Bar label={t.line.progress} share={estimate?.progress ?? 0} />
    </>
  );
}

function LobbyCountdown({ event }: { event: EventDetail | null }) {
  const { t, format } = useI18n();
  const now = useNow();
  const left = event ? secondsUntil(event.sale_opens_at, now) : 0;
  return (
    <div className="place">
      <span className="field-label">{t.events.opensIn}</span>
      <span className="place-number">{format.clock(left)}</span>
      <span className="soft place-of">
        {event && t.events.opensAt(format.dateTime(event.sale_opens_at, event.time_zone))}
      </span>
    </div>
  );
}

function Facts({ now }: { now: LineSnapshot }) {
  const { t, format } = useI18n();
  const { place, status, estimate } = now;
  const lobby = place?.status === "lobby";
  const facts: [string, string][] = lobby
    ? [[t.line.lobby, status ? format.number(status.waiting) : "–"]]
    : [
        [t.line.wait, waitText(now, t, format)],
        [t.line.chance, chanceText(place?.chance ?? null, t)],
        [t.line.yourNumber, place?.number == null ? "–" : shortNumber(place.number)],
      ];
  if (status) facts.push([t.line.seatsLeft, format.number(status.seats_left)]);
  else facts.push([t.line.seatsLeft, "–"]);
  return (
    <dl className="line-facts" aria-live="off" data-known={estimate !== null}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type I18n = ReturnType<typeof useI18n>;

function waitText(now: LineSnapshot, t: I18n["t"], format: I18n["format"]): string {
  const eta = now.estimate?.etaSeconds;
  if (!eta) return now.status?.seats_left === 0 ? t.line.waitReturns : t.line.waitUnknown;
  const [low, high] = [format.duration(eta.low), format.duration(eta.high)];
  return low === high || eta.low < 5 ? t.line.waitUnder(high) : t.line.waitRange(low, high);
}

/** Numbers start at a clock's microseconds: the last digits tell people apart. */
function shortNumber(number: number): string {
  const digits = String(number);
  return digits.length > 8 ? `…${digits.slice(-7)}` : digits;
}

function TellMe() {
  const { t } = useI18n();
  const [told, setTold] = useState<null | { notification: boolean }>(null);
  if (told) {
    return <Notice kind="good">{told.notification ? t.line.tellingBoth : t.line.telling}</Notice>;
  }
  return (
    <Button kind="quiet" icon="bell" wide onClick={() => void allowAnnouncements().then(setTold)}>
      {t.line.tell}
    </Button>
  );
}

function Turn({ handle, eventId }: { handle: LineHandle; eventId: string }) {
  const { t, format } = useI18n();
  const now = useNow();
  const expiresAt = handle.now.place?.admission?.expires_at ?? null;
  const left = expiresAt ? secondsUntil(expiresAt, now) : null;
  if (left !== null && left <= 0) {
    return (
      <Notice kind="warn">
        <strong>{t.line.lostTitle}</strong>
        {t.line.lostAsking}
      </Notice>
    );
  }
  return (
    <section className="card turn">
      <p className="soft">{t.line.turnLead}</p>
      {left !== null && (
        <p className="turn-time" role="timer">
          {format.clock(left)}
        </p>
      )}
      <Suspense>{left !== null && <Stay handle={handle} left={left} />}</Suspense>
      <ButtonLink href={`/events/${eventId}/seats`} wide>
        {t.line.enter}
      </ButtonLink>
    </section>
  );
}

function SoldOut({ eventId }: { eventId: string }) {
  const { t } = useI18n();
  return (
    <section className="card stack">
      <p className="soft">{t.line.soldOutLead}</p>
      <ButtonLink href={`/events/${eventId}`} wide>
        {t.events.notifyMe}
      </ButtonLink>
      <Link href="/">{t.common.toEvents}</Link>
    </section>
  );
}

function useLineTitle(now: LineSnapshot, name: string): void {
  const { t, format } = useI18n();
  const admitted = now.place?.status === "admitted";
  const position = now.estimate?.position;
  const waiting = position === undefined ? name : `(${format.number(position)}) ${name}`;
  useTitle(admitted ? `● ${t.line.documentTurn} ${name}` : waiting);
}

/** Tells about the turn; whoever is let in without having waited goes straight to the seats. */
function useTurn(now: LineSnapshot, eventId: string, name: string): void {
  const { t } = useI18n();
  const waited = useRef(false);
  const told = useRef(false);
  const status = now.place?.status;
  useEffect(() => {
    if (status === undefined) return;
    if (status !== "admitted") {
      waited.current = true;
      told.current = false;
    } else if (!waited.current) {
      navigate(`/events/${eventId}/seats`, { replace: true });
    } else if (!told.current) {
      told.current = true;
      announce(t.line.turnNotification, name);
    }
  }, [status, eventId, name, t]);
}
