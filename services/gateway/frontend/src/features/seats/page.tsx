import "./seats.css";
import { ApiError, codeOf, type EventDetail, type Hold, type HoldRequest } from "@tiketi/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { keepBasket } from "../../core/basket.ts";
import { secondsUntil, useNow } from "../../core/clock.ts";
import type { Params } from "../../core/router.tsx";
import { navigate } from "../../core/router.tsx";
import { useSession } from "../../core/session.tsx";
import { api } from "../../core/tiketi.ts";
import { useTitle } from "../../core/title.ts";
import { useEvent } from "../../core/use-event.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, ButtonLink, Dialog, Stepper } from "../../ui/controls.tsx";
import { Failure, failureText, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Connection } from "../line/connection.tsx";
import Leave from "../line/leave.tsx";
import { LostTurn } from "../line/lost-turn.tsx";
import Stay, { WARN_SECONDS } from "../line/stay.tsx";
import { type LineHandle, useLine } from "../line/use-line.ts";
import { bestAvailable } from "./best.ts";
import { Filters, type FiltersProps, useFilter, ViewSwitch } from "./filters.tsx";
import { SeatList } from "./list.tsx";
import { SeatMap } from "./map.tsx";
import {
  Agreement,
  isElsewhere,
  Offer,
  type Offering,
  useAgreement,
  useOffer,
  Waiting,
} from "./nearest.tsx";
import { typeColour } from "./palette.ts";
import { type Seats, useSeats } from "./use-seats.ts";
import { type Selection, useSelection } from "./use-selection.ts";

export default function SeatsPage({ params }: { params: Params }) {
  const id = params.id as string;
  const { t } = useI18n();
  const { user } = useSession();
  const handle = useLine(id, user?.id ?? "");
  const { data: event, error, reload } = useEvent(id);
  const loading = useSeats(event);
  useTitle(event ? `${t.seats.title} · ${event.name}` : t.seats.title);

  const failure = error ?? loading.error;
  if (failure && !loading.seats) {
    return (
      <Failure
        error={failure}
        onRetry={() => {
          reload();
          loading.reload();
        }}
      />
    );
  }
  if (!event || !loading.seats) return <Skeleton height="70vh" />;
  return <Choosing event={event} seats={loading.seats} handle={handle} onStale={reload} />;
}

interface ChoosingProps {
  event: EventDetail;
  seats: Seats;
  handle: LineHandle;
  /** The event is not the newest: it has to be loaded again. */
  onStale: () => void;
}

function Choosing({ event, seats, handle, onStale }: ChoosingProps) {
  const { t, format } = useI18n();
  const selection = useSelection(event.id, seats, event.max_per_user);
  const filter = useFilter(seats);
  const offering = useOffer(event.id);
  const [view, setView] = useState<"map" | "list">("map");
  const seated = seats.model.count > 0;

  const describe = useCallback(
    (seat: number) => {
      const label = seats.model.labels[seat];
      const type = seats.model.types[seats.model.type[seat] as number];
      if (!label || !type) return "";
      const state = selection.chosen.has(seat) ? "mine" : seats.availability.state(seat);
      return [
        t.seats.seat(label.section, label.row, label.number),
        type.name,
        format.money(type.price, event.currency),
        seats.model.accessible[seat] ? t.seats.accessible : "",
        t.seats.states[state],
      ]
        .filter(Boolean)
        .join(", ");
    },
    [seats, selection.chosen, t, format, event.currency],
  );
  const shared = {
    seats,
    selection: selection.chosen,
    passes: filter.passes,
    onToggle: selection.toggle,
    describe,
  };

  const side = { event, seats, handle, onStale };

  return (
    <div className="choose" data-seated={seated}>
      <h1 className="unseen">{t.seats.title}</h1>
      {seated && (
        <div className="choose-bar">
          <Filters seats={seats} event={event} filter={filter} />
          <ViewSwitch view={view} onChange={setView} />
        </div>
      )}
      {seated && (
        <div className="choose-seats">
          {view === "map" ? <SeatMap {...shared} /> : <SeatList {...shared} />}
        </div>
      )}
      <div className="choose-side">
        <TurnState handle={handle} eventId={event.id} />
        <Connection handle={handle} />
        {offering.hold && <Offer hold={offering.hold} show={offering.show} />}
        {seated && <Best seats={seats} event={event} filter={filter} selection={selection} />}
        <General {...side} offering={offering} />
        {seated && <Chosen {...side} selection={selection} offering={offering} />}
      </div>
    </div>
  );
}

// The side: turn, best available, general admission, what is chosen

function TurnState({ handle, eventId }: { handle: LineHandle; eventId: string }) {
  const { t, format } = useI18n();
  const now = useNow();
  const [leaving, setLeaving] = useState(false);
  const { place, problem } = handle.now;
  const ends = place?.status === "admitted" ? place.admission?.expires_at : undefined;
  const left = ends === undefined ? 0 : secondsUntil(ends, now);
  if (ends !== undefined && left <= 0) {
    return (
      <Notice kind="warn">
        <strong>{t.line.lostTitle}</strong>
        {t.line.lostAsking}
      </Notice>
    );
  }
  if (ends !== undefined) {
    return (
      <>
        <div className="row between">
          <p className="turn-left figures" data-short={left <= WARN_SECONDS || undefined}>
            <Icon name="clock" />
            {t.seats.turnLeft(format.clock(left))}
          </p>
          <Button kind="plain" size="small" onClick={() => setLeaving(true)}>
            {t.seats.giveUp}
          </Button>
          {leaving && <Leave handle={handle} eventId={eventId} onClose={() => setLeaving(false)} />}
        </div>
        <Stay handle={handle} left={left} />
      </>
    );
  }
  if (!place && problem === null) return <Skeleton height="2.5rem" />;
  if (place && handle.lostTurn) {
    return (
      <LostTurn>
        <ButtonLink href={`/events/${eventId}/line`} kind="quiet" size="small">
          {t.seats.toLine}
        </ButtonLink>
      </LostTurn>
    );
  }
  return (
    <Notice kind="warn">
      <strong>{problem ? failureText(t, problem).title : t.seats.notYourTurn}</strong>
      {problem ? failureText(t, problem).lead : t.seats.notYourTurnHint}
      <ButtonLink href={`/events/${eventId}/line`} kind="quiet" size="small">
        {t.seats.toLine}
      </ButtonLink>
    </Notice>
  );
}

interface BestProps extends FiltersProps {
  selection: Selection;
}

function Best({ seats, event, filter, selection }: BestProps) {
  const { t } = useI18n();
  const [quantity, setQuantity] = useState(2);
  const find = () => {
    const free = (seat: number) => seats.availability.state(seat) === "a" && filter.passes(seat);
    const best = bestAvailable(seats.model, quantity, free);
    if (best) selection.choose(best);
    else toast(t.seats.bestNone);
  };
  return (
    <div className="row between best">
      <span className="field-label">{t.seats.best}</span>
      <div className="row">
        <Stepper
          label={t.seats.bestFor}
          value={quantity}
          min={1}
          max={event.max_per_user}
          onChange={setQuantity}
        />
        <Button kind="quiet" size="small" onClick={find}>
          {t.seats.bestFind}
        </Button>
      </div>
    </div>
  );
}

interface SideProps extends ChoosingProps {
  offering: Offering;
}

function General({ event, seats, handle, onStale, offering }: SideProps) {
  const { t } = useI18n();
  const types = event.ticket_types.filter((type) => type.kind === "general");
  if (types.length === 0) return null;
  return (
    <section className="stack-tight">
      <h2 className="side-title">{t.seats.generalLead}</h2>
      {types.map((type) => (
        <GeneralType
          key={type.id}
          event={event}
          type={type}
          left={seats.availability.general.get(type.id) ?? 0}
          handle={handle}
          onStale={onStale}
          offering={offering}
        />
      ))}
    </section>
  );
}

interface GeneralTypeProps {
  event: EventDetail;
  type: EventDetail["ticket_types"][number];
  left: number;
  handle: LineHandle;
  onStale: () => void;
  offering: Offering;
}

function GeneralType({ event, type, left, handle, onStale, offering }: GeneralTypeProps) {
  const { t, format } = useI18n();
  const [quantity, setQuantity] = useState(1);
  const hold = useHold(event, handle, { onStale, offering }, () => undefined);
  return (
    <div className="general">
      <div className="row between">
        <span>
          <strong>{type.name}</strong>
          <br />
          <span className="faint figures">
            {format.money(type.price, event.currency)} · {t.events.left(format.number(left))}
          </span>
        </span>
        <Stepper
          label={type.name}
          value={quantity}
          min={1}
          max={Math.max(1, Math.min(event.max_per_user, left))}
          onChange={setQuantity}
        />
      </div>
      {hold.problem && <Notice kind="bad">{hold.problem}</Notice>}
      {hold.repriced && <NewPrice {...hold.repriced} currency={event.currency} />}
      <Button
        wide
        busy={hold.busy}
        disabled={!hold.allowed || left === 0}
        onClick={() => hold.take({ ticket_type_id: type.id, quantity }, type.price * quantity)}
      >
        {t.seats.holdTickets} · {format.money(type.price * quantity, event.currency)}
      </Button>
    </div>
  );
}

interface ChosenProps extends SideProps {
  selection: Selection;
}

function Chosen({ event, seats, selection, handle, onStale, offering }: ChosenProps) {
  const { t, format } = useI18n();
  const { model } = seats;
  const chosen = [...selection.chosen];
  const price = (seat: number) => model.types[model.type[seat] as number]?.price ?? 0;
  const total = chosen.reduce((sum, seat) => sum + price(seat), 0);
  const [agrees, setAgrees] = useAgreement();
  const hold = useHold(event, handle, { onStale, offering }, (unavailable) => {
    const gone = unavailable.map((id) => model.indexOf.get(id)).filter((i) => i !== undefined);
    selection.drop(gone);
    return gone.map((seat) => name(seat)).join(", ");
  });
  const { holding } = selection;
  useEffect(() => holding(hold.busy), [holding, hold.busy]);
  const name = (seat: number) => {
    const label = model.labels[seat];
    return label ? t.seats.short(label.section, label.row, label.number) : "";
  };
  return (
    <section className="chosen" aria-label={t.seats.chosen}>
      {chosen.length === 0 && <p className="faint">{t.seats.none}</p>}
      <ul className="chosen-seats">
        {chosen.map((seat) => (
          <li key={seat}>
            <span
              className="swatch"
              style={{ background: typeColour(model.type[seat] as number) }}
            />
            <span>{name(seat)}</span>
            <span className="figures soft">{format.money(price(seat), event.currency)}</span>
            <button
              type="button"
              className="chosen-remove"
              aria-label={t.seats.remove(name(seat))}
              onClick={() => selection.toggle(seat)}
            >
              <Icon name="cross" />
            </button>
          </li>
        ))}
      </ul>
      {hold.problem && <Notice kind="bad">{hold.problem}</Notice>}
      {hold.repriced && <NewPrice {...hold.repriced} currency={event.currency} />}
      {hold.waiting && <Waiting onStop={hold.stopWaiting} />}
      <Agreement agrees={agrees} onChange={setAgrees} />
      <Button
        wide
        busy={hold.busy}
        disabled={!hold.allowed || chosen.length === 0}
        onClick={() => {
          const seat_ids = chosen.map((seat) => model.ids[seat] as string);
          hold.take(agrees ? { seat_ids, or_nearest: true } : { seat_ids }, total);
        }}
      >
        {t.seats.hold}
        {total > 0 && ` · ${format.money(total, event.currency)}`}
      </Button>
    </section>
  );
}

interface Holding {
  /** Whether it is the caller's turn. */
  allowed: boolean;
  busy: boolean;
  problem: string | null;
  /** Nothing fits at the moment, and what comes back is held as soon as it does. */
  waiting: boolean;
  stopWaiting: () => void;
  /** Held, but at another price than the one on the button. */
  repriced: Repriced | null;
  /** `shown` is the total that the person sees. */
  take: (request: HoldRequest, shown: number) => void;
}

interface Repriced {
  shown: number;
  total: number;
  onAgree: () => void;
  onRefuse: () => void;
}

interface NewPriceProps extends Repriced {
  currency: string;
}

/** An organiser changed the price while this page was open: nobody pays it without agreeing. */
function NewPrice({ shown, total, currency, onAgree, onRefuse }: NewPriceProps) {
  const { t, format } = useI18n();
  const [before, now] = [format.money(shown, currency), format.money(total, currency)];
  return (
    <Dialog title={t.seats.newPriceTitle} onClose={onRefuse}>
      <p className="soft">{t.seats.newPriceLead(before, now)}</p>
      <div className="row">
        <Button onClick={onAgree}>{t.seats.newPriceAgree(now)}</Button>
        <Button kind="quiet" onClick={onRefuse}>
          {t.seats.newPriceRefuse}
        </Button>
      </div>
    </Dialog>
  );
}

/** What is wished for is forgotten when it is not asked for again within half a minute. */
const ASK_AGAIN_MS = 8000;

interface Told {
  /** Called when the event that the page shows is not the newest. */
  onStale: () => void;
  /** Where seats are shown that are held instead of those that were asked for. */
  offering: Offering;
}

/** Holds, and goes to the checkout. `onUnavailable` is given the ids that someone else has. */
function useHold(
  event: EventDetail,
  handle: LineHandle,
  { onStale, offering }: Told,
  onUnavailable: (ids: string[]) => string | undefined,
): Holding {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [wish, setWish] = useState<HoldRequest | null>(null);
  const [repriced, setRepriced] = useState<Repriced | null>(null);
  const attempt = useRef({ request: "", key: "" });
  const admission = handle.now.place?.admission ?? null;
  const { hold: offered, show } = offering;

  const refused = (error: unknown) => {
    setBusy(false);
    const code = codeOf(error);
    if (code.startsWith("admission")) handle.line.refresh();
    const ids = error instanceof ApiError ? (error.problem.unavailable ?? []) : [];
    const names = ids.length > 0 ? onUnavailable(ids) : undefined;
    setProblem(names ? t.seats.taken(names) : failureText(t, code).lead);
  };
  const checkOut = (hold: Hold) => {
    sessionStorage.removeItem(`tiketi:chosen:${event.id}`);
    keepBasket(hold);
    navigate(`/holds/${hold.id}`);
  };
  const giveBack = (hold: Hold) => {
    setRepriced(null);
    attempt.current = { request: "", key: "" };
    onStale();
    api
      .release(hold.id)
      .catch((error: unknown) => setProblem(failureText(t, codeOf(error)).lead))
      .finally(() => setBusy(false));
  };
  const arrived = (request: HoldRequest, hold: Hold) => {
    if (!isElsewhere(request, hold)) return checkOut(hold);
    sessionStorage.removeItem(`tiketi:chosen:${event.id}`);
    setRepriced(null);
    setBusy(false);
    show(hold);
  };
  const ask = (request: HoldRequest, token: string) => {
    const text = JSON.stringify(request);
    if (attempt.current.request !== text) {
      attempt.current = { request: text, key: crypto.randomUUID() };
    }
    return api.hold(event.id, request, token, attempt.current.key);
  };
  const take = (request: HoldRequest, shown: number) => {
    if (!admission) return;
    setBusy(true);
    setProblem(null);
    setWish(null);
    ask(request, admission.token).then(
      (hold) => {
        if (hold.total === shown) return arrived(request, hold);
        setRepriced({
          shown,
          total: hold.total,
          onAgree: () => arrived(request, hold),
          onRefuse: () => giveBack(hold),
        });
      },
      (error) => {
        if (codeOf(error) === "seats_unavailable" && request.or_nearest) {
          setBusy(false);
          setWish(request);
        } else refused(error);
      },
    );
  };

  const again = useRef(() => {});
  again.current = () => {
    if (!wish || !admission) return setWish(null);
    ask(wish, admission.token).then(show, (error) => {
      if (codeOf(error) === "seats_unavailable" || !(error instanceof ApiError)) return;
      setWish(null);
      refused(error);
    });
  };
  useEffect(() => {
    if (!wish) return;
    const timer = setInterval(() => again.current(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [wish]);
  useEffect(() => {
    if (offered) setWish(null);
  }, [offered]);

  return {
    allowed: admission !== null,
    busy,
    problem,
    repriced,
    waiting: wish !== null && offered === null,
    take,
    stopWaiting: () => setWish(null),
  };
}
