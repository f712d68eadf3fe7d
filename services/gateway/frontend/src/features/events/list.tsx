import "./events.css";
import type { EventSummary, Phase } from "@tiketi/client";
import { useMemo, useState } from "react";
import { useEvents } from "../../core/events.ts";
import { Link } from "../../core/router.tsx";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Badge, Empty, Failure, type Kind, Skeleton } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Poster } from "../../ui/poster.tsx";

const KINDS: Partial<Record<Phase, Kind>> = {
  lobby: "accent",
  on_sale: "good",
  paused: "warn",
  sold_out: "bad",
};

export function PhaseBadge({ phase }: { phase: Phase }) {
  const { t } = useI18n();
  return <Badge kind={KINDS[phase]}>{t.phases[phase]}</Badge>;
}

export default function EventList() {
  const { t } = useI18n();
  const [words, setWords] = useState("");
  const { data: events, error, reload } = useEvents();
  const shown = useMemo(() => matching(events ?? [], words), [events, words]);
  useTitle(null);

  if (error && !events) return <Failure error={error} onRetry={reload} />;
  return (
    <div className="stack">
      <header className="hero">
        <h1>{t.events.title}</h1>
        <p className="soft">{t.events.lead}</p>
      </header>
      {events && events.length > 6 && <Search words={words} onChange={setWords} />}
      {!events && <Loading />}
      {events?.length === 0 && (
        <Empty title={t.events.none} lead={t.events.noneHint} icon="calendar" />
      )}
      {events && events.length > 0 && shown.length === 0 && (
        <p className="soft">{t.events.noMatch}</p>
      )}
      <ul className="event-grid">
        {shown.map((event) => (
          <li key={event.id}>
            <EventCard event={event} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Search({ words, onChange }: { words: string; onChange: (words: string) => void }) {
  const { t } = useI18n();
  return (
    <label className="search">
      <Icon name="search" />
      <span className="unseen">{t.events.search}</span>
      <input
        type="search"
        className="input"
        placeholder={t.events.search}
        value={words}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function EventCard({ event }: { event: EventSummary }) {
  const { t, format } = useI18n();
  const onSale = event.phase === "on_sale" || event.phase === "paused";
  return (
    <Link className="event-card" href={`/events/${event.id}`}>
      <div className="event-card-picture">
        <Poster seed={event.id} />
        <PhaseBadge phase={event.phase} />
      </div>
      <div className="event-card-body">
        <h2>{event.name}</h2>
        <p className="soft">
          {format.dateTime(event.starts_at, event.time_zone)}
          <br />
          {event.venue}
        </p>
        <p className="event-card-foot figures">
          <strong>{t.events.from(format.money(event.price_from, event.currency))}</strong>
          {onSale && (
            <span className="faint">{t.events.left(format.number(event.seats_left))}</span>
          )}
          {!onSale && event.phase !== "ended" && event.phase !== "sold_out" && (
            <span className="faint">
              {t.events.opensAt(format.dateTime(event.sale_opens_at, event.time_zone))}
            </span>
          )}
        </p>
      </div>
    </Link>
  );
}

function Loading() {
  return (
    <div className="event-grid">
      <Skeleton height="22rem" />
      <Skeleton height="22rem" />
      <Skeleton height="22rem" />
    </div>
  );
}

const ORDER: Phase[] = ["on_sale", "lobby", "paused", "scheduled", "sold_out", "ended"];

/** What can be bought now comes first, then what opens next. */
function matching(events: EventSummary[], words: string): EventSummary[] {
  const wanted = words.trim().toLocaleLowerCase();
  return events
    .filter((event) => `${event.name} ${event.venue}`.toLocaleLowerCase().includes(wanted))
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.phase) - ORDER.indexOf(b.phase) || a.starts_at.localeCompare(b.starts_at),
    );
}
