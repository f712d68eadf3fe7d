import "./organiser.css";
import type { EventSummary } from "@tiketi/client";
import { useAllEvents } from "../../core/events.ts";
import { Link } from "../../core/router.tsx";
import { useTitle } from "../../core/title.ts";
import { useI18n } from "../../i18n/index.tsx";
import { ButtonLink } from "../../ui/controls.tsx";
import { Failure, Notice, Skeleton } from "../../ui/feedback.tsx";
import { PhaseBadge } from "../events/list.tsx";
import type { EventNow, Overview } from "./api.ts";
import { Chart } from "./chart.tsx";
import { Figures } from "./frame.tsx";
import { useOrganiserMessages } from "./messages.ts";
import { useOverview } from "./use-overview.ts";

export default function OrganiserHome() {
  const o = useOrganiserMessages();
  const { data: events, error, reload } = useAllEvents();
  const overview = useOverview();
  useTitle(o.title);
  if (error && !events) return <Failure error={error} onRetry={reload} />;
  return (
    <div className="admin">
      <header className="row between">
        <h1>{o.title}</h1>
        <div className="row">
          <ButtonLink href="/admin/staff" kind="quiet" size="small" icon="user">
            {o.staff}
          </ButtonLink>
          <ButtonLink href="/admin/events/new" size="small" icon="plus">
            {o.newEvent}
          </ButtonLink>
        </div>
      </header>
      {overview.data && <Now overview={overview.data} />}
      <section className="stack">
        <h2>{o.allEvents}</h2>
        {!events && <Skeleton height="12rem" />}
        {events?.length === 0 && <p className="soft">{o.noEvents}</p>}
        <ul className="admin-events">
          {events?.map((event) => (
            <li key={event.id}>
              <EventRow
                event={event}
                now={overview.data?.events.find(({ id }) => id === event.id) ?? null}
              />
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Now({ overview }: { overview: Overview }) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const stale = overview.sources.filter((source) => source.stale).map(({ name }) => name);
  const number = (value: number | null) =>
    value === null ? o.figures.unknown : format.number(Math.round(value * 10) / 10);
  const { series } = overview;
  return (
    <section className="stack">
      <h2>{o.now}</h2>
      {stale.length > 0 && <Notice kind="warn">{o.stale(stale.join(", "))}</Notice>}
      <Figures
        figures={[
          [o.figures.waiting, number(series.waiting.at(-1) ?? null)],
          [o.figures.connections, number(overview.connections)],
          [o.figures.requests, number(overview.api.requests_per_second)],
          [o.figures.p95, milliseconds(o, format, overview.api.p95_seconds)],
          [
            o.figures.errors,
            overview.api.error_share === null
              ? o.figures.unknown
              : format.percent(overview.api.error_share),
          ],
        ]}
      />
      <div className="charts">
        <Chart label={o.charts.waiting} values={series.waiting} format={number} />
        <Chart label={o.charts.requests} values={series.requests_per_second} format={number} />
        <Chart label={o.charts.connections} values={series.connections} format={number} />
      </div>
    </section>
  );
}

export function milliseconds(
  o: ReturnType<typeof useOrganiserMessages>,
  format: ReturnType<typeof useI18n>["format"],
  seconds: number | null,
): string {
  if (seconds === null) return o.figures.unknown;
  return o.figures.milliseconds(format.number(Math.round(seconds * 1000)));
}

function EventRow({ event, now }: { event: EventSummary; now: EventNow | null }) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const sold = now?.sold ?? null;
  const parts = [
    format.dateTime(event.starts_at, event.time_zone),
    event.venue,
    sold === null
      ? null
      : `${o.figures.sold} ${o.figures.of(format.number(sold), format.number(event.seats_total))}`,
    now?.waiting ? `${o.figures.waiting} ${format.number(now.waiting)}` : null,
  ];
  return (
    <Link className="admin-event" href={`/admin/events/${event.id}`}>
      <strong>{event.name}</strong>
      <PhaseBadge phase={event.phase} />
      <span className="faint figures">{parts.filter(Boolean).join(" · ")}</span>
    </Link>
  );
}
