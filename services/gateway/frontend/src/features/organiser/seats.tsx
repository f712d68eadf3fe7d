import { codeOf } from "@tiketi/client";
import { useCallback, useState } from "react";
import type { Params } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { Button } from "../../ui/controls.tsx";
import { Failure, failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { SeatMap } from "../seats/map.tsx";
import { type Seats, useSeats } from "../seats/use-seats.ts";
import { type AdminEvent, organiser } from "./api.ts";
import { EventFrame } from "./frame.tsx";
import { useOrganiserMessages } from "./messages.ts";

const ALL = () => true;

export default function SeatsPage({ params }: { params: Params }) {
  return (
    <EventFrame eventId={params.id as string}>{(event) => <SeatsOf event={event} />}</EventFrame>
  );
}

function SeatsOf({ event }: { event: AdminEvent }) {
  const { seats, error, reload } = useSeats(event);
  if (error) return <Failure error={error} onRetry={reload} />;
  return seats ? <Blocking event={event} seats={seats} /> : <Skeleton height="30rem" />;
}

function Blocking({ event, seats }: { event: AdminEvent; seats: Seats }) {
  const { t } = useI18n();
  const o = useOrganiserMessages();
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const toggle = useCallback((seat: number) => {
    setChosen((now) => {
      const next = new Set(now);
      if (!next.delete(seat)) next.add(seat);
      return next;
    });
  }, []);
  const describe = (seat: number) => {
    const label = seats.model.labels[seat];
    if (!label) return "";
    const state = t.seats.states[seats.availability.state(seat)];
    return `${t.seats.seat(label.section, label.row, label.number)}, ${state}`;
  };
  const send = (call: typeof organiser.block, done: string) => {
    setBusy(true);
    setProblem(null);
    call(
      event.id,
      [...chosen].map((seat) => seats.model.ids[seat] as string),
    )
      .then(
        () => {
          setChosen(new Set());
          toast(done);
        },
        (error: unknown) => {
          const code = codeOf(error);
          setProblem(code === "seats_taken" ? o.seats.taken : failureText(t, code).lead);
        },
      )
      .finally(() => setBusy(false));
  };
  return (
    <section className="stack">
      <p className="soft">{o.seats.lead}</p>
      {problem && <Notice kind="bad">{problem}</Notice>}
      <div className="row">
        <strong className="figures">{o.seats.chosen(chosen.size)}</strong>
        <Button
          size="small"
          busy={busy}
          disabled={chosen.size === 0}
          onClick={() => send(organiser.block, o.seats.blocked)}
        >
          {o.seats.block}
        </Button>
        <Button
          size="small"
          kind="quiet"
          busy={busy}
          disabled={chosen.size === 0}
          onClick={() => send(organiser.unblock, o.seats.released)}
        >
          {o.seats.release}
        </Button>
        <Button size="small" kind="plain" onClick={() => setChosen(new Set())}>
          {o.seats.clear}
        </Button>
      </div>
      <div className="layout-map">
        <SeatMap
          seats={seats}
          selection={chosen}
          passes={ALL}
          onToggle={toggle}
          describe={describe}
        />
      </div>
    </section>
  );
}
