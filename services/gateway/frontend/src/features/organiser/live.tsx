import { codeOf } from "@tiketi/client";
import { type FormEvent, useState } from "react";
import type { Params } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field } from "../../ui/controls.tsx";
import { failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { type Refusal, RefusalNotice, refusalsOf, ruleAt } from "../../ui/refusals.tsx";
import { type AdminEvent, type EventNow, type Overview, organiser } from "./api.ts";
import { Chart } from "./chart.tsx";
import { eventTexts } from "./field-texts.ts";
import { EventFrame, Figures } from "./frame.tsx";
import { milliseconds } from "./home.tsx";
import { useOrganiserMessages } from "./messages.ts";
import { useOverview } from "./use-overview.ts";

export default function LivePage({ params }: { params: Params }) {
  const id = params.id as string;
  return (
    <EventFrame eventId={id}>
      {(event, changed) => <LiveOf event={event} onChanged={changed} />}
    </EventFrame>
  );
}

interface EventProps {
  event: AdminEvent;
  onChanged: (event: AdminEvent) => void;
}

function LiveOf({ event, onChanged }: EventProps) {
  const o = useOrganiserMessages();
  const { data: overview, error } = useOverview();
  const { t } = useI18n();
  const now = overview?.events.find(({ id }) => id === event.id) ?? null;
  const stale = overview?.sources.filter((source) => source.stale).map(({ name }) => name) ?? [];
  return (
    <>
      {error !== null && !overview && (
        <Notice kind="warn">{failureText(t, codeOf(error)).lead}</Notice>
      )}
      {stale.length > 0 && <Notice kind="warn">{o.stale(stale.join(", "))}</Notice>}
      <Controls event={event} onChanged={onChanged} />
      {now && <LineFigures now={now} />}
      {now && <Charts now={now} />}
      {now && <SalesFigures now={now} />}
      {overview ? <System overview={overview} /> : <Skeleton height="12rem" />}
    </>
  );
}

function useNumber(): (value: number | null) => string {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  return (value) =>
    value === null ? o.figures.unknown : format.number(Math.round(value * 10) / 10);
}

function LineFigures({ now }: { now: EventNow }) {
  const o = useOrganiserMessages();
  const { format } = useI18n();
  const number = useNumber();
  const duration = (seconds: number | null) =>
    seconds === null ? o.figures.unknown : seconds === 0 ? "0" : format.duration(seconds);
  const people: [string, string] =
    now.phase === "lobby"
      ? [o.figures.lobby, number(now.lobby)]
      : [o.figures.waiting, number(now.waiting)];
  return (
    <Figures
      figures={[
        people,
        [o.figures.active, o.figures.of(number(now.active), number(now.capacity))],
        [o.figures.pace, o.figures.of(number(now.admitted_per_second), number(now.per_second))],
        [o.figures.drain, duration(now.drain_seconds)],
        [o.figures.oldest, duration(now.oldest_wait_seconds)],
        [o.figures.passedOver, number(now.passed_over)],
        [o.figures.noShows, number(now.no_shows_total)],
      ]}
    />
  );
}

function Charts({ now }: { now: EventNow }) {
  const o = useOrganiserMessages();
  const number = useNumber();
  const { series } = now;
  return (
    <section className="stack">
      <h2>{o.charts.title}</h2>
      <div className="charts">
        <Chart label={o.charts.waiting} values={series.waiting} format={number} />
        <Chart label={o.charts.active} values={series.active} format={number} />
        <Chart label={o.charts.admitted} values={series.admitted_per_second} format={number} />
        <Chart label={o.charts.sold} values={series.sold} format={number} />
      </div>
    </section>
  );
}

function SalesFigures({ now }: { now: EventNow }) {
  const o = useOrganiserMessages();
  const { format } = useI18n();
  const number = useNumber();
  const { revenue, currency, conversion } = now;
  const unknown = o.figures.unknown;
  return (
    <Figures
      figures={[
        [o.figures.sold, o.figures.of(number(now.sold), number(now.seats_total))],
        [o.figures.held, number(now.held)],
        [o.figures.left, number(now.left)],
        [
          o.figures.revenue,
          revenue === null || currency === null ? unknown : format.money(revenue, currency),
        ],
        [o.figures.orders, number(now.orders)],
        [o.figures.refunds, number(now.refunds)],
        [o.figures.conversion, conversion === null ? unknown : format.percent(conversion)],
        [o.figures.lastHour, number(now.sold_last_hour)],
      ]}
    />
  );
}

function System({ overview }: { overview: Overview }) {
  const o = useOrganiserMessages();
  const { format } = useI18n();
  const number = useNumber();
  const { api, till, scaling } = overview;
  const share = api.error_share;
  const wanted = scaling.desired === null ? o.figures.unknown : format.number(scaling.desired);
  return (
    <section className="stack">
      <h2>{o.instances.title}</h2>
      <Figures
        figures={[
          [o.figures.p95, milliseconds(o, format, api.p95_seconds)],
          [o.figures.requests, number(api.requests_per_second)],
          [o.figures.errors, share === null ? o.figures.unknown : format.percent(share)],
          [o.figures.connections, number(overview.connections)],
          [o.figures.hold, milliseconds(o, format, till.hold_seconds_p95)],
          [o.figures.checkout, milliseconds(o, format, till.checkout_seconds_p95)],
        ]}
      />
      <p className="soft">{o.instances.scaling(wanted, format.number(scaling.running))}</p>
      <div className="table-wrap card">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{o.instances.service}</th>
              <th scope="col" className="number">
                {o.instances.ready}
              </th>
              <th scope="col" className="number">
                {o.instances.cpu}
              </th>
              <th scope="col" className="number">
                {o.instances.lag}
              </th>
            </tr>
          </thead>
          <tbody>
            {overview.services.map((service) => (
              <tr key={service.name}>
                <th scope="row">{service.name}</th>
                <td className="number">
                  {o.figures.of(format.number(service.ready), format.number(service.instances))}
                </td>
                <td className="number">{number(service.cpu)}</td>
                <td className="number">{milliseconds(o, format, service.loop_lag_p99_seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Controls({ event, onChanged }: EventProps) {
  const o = useOrganiserMessages();
  const { t } = useI18n();
  const { queue } = event;
  const [pace, setPace] = useState(String(queue.per_second));
  const [capacity, setCapacity] = useState(String(queue.capacity));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [refusals, setRefusals] = useState<Refusal[]>([]);
  const apply = (change: Partial<AdminEvent["queue"]>) => {
    setBusy(true);
    setProblem(null);
    setRefusals([]);
    organiser
      .changeQueue(event.id, change)
      .then(
        () => {
          onChanged({ ...event, queue: { ...queue, ...change } });
          toast(o.controls.applied);
        },
        (error: unknown) => {
          setRefusals(refusalsOf(error, eventTexts(o)));
          setProblem(codeOf(error));
        },
      )
      .finally(() => setBusy(false));
  };
  const submit = (submitted: FormEvent) => {
    submitted.preventDefault();
    apply({ per_second: Number(pace), capacity: Number(capacity) });
  };
  return (
    <section className="card controls">
      <h2>{o.controls.title}</h2>
      {problem && refusals.length === 0 && (
        <Notice kind="bad">{failureText(t, problem).lead}</Notice>
      )}
      <form onSubmit={submit}>
        {refusals.length > 0 && <RefusalNotice lead={o.form.fix} refusals={refusals} />}
        <Field
          label={o.controls.pace}
          type="number"
          min="0.1"
          step="0.1"
          value={pace}
          error={ruleAt(refusals, "queue.per_second")}
          onChange={(change) => setPace(change.target.value)}
          required
        />
        <Field
          label={o.controls.capacity}
          type="number"
          min="1"
          value={capacity}
          error={ruleAt(refusals, "queue.capacity")}
          onChange={(change) => setCapacity(change.target.value)}
          required
        />
        <Button type="submit" busy={busy}>
          {o.controls.apply}
        </Button>
      </form>
      <label className="check">
        <input
          type="checkbox"
          checked={queue.adaptive}
          disabled={busy}
          onChange={() => apply({ adaptive: !queue.adaptive })}
        />
        {o.controls.adaptive}
      </label>
      <div className="stack-tight">
        <Button
          kind={queue.paused ? undefined : "danger"}
          busy={busy}
          onClick={() => apply({ paused: !queue.paused })}
        >
          {queue.paused ? o.controls.resume : o.controls.pause}
        </Button>
        <p className="faint">{o.controls.pauseHint}</p>
      </div>
    </section>
  );
}
