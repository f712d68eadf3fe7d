import type { Hold, Place } from "@tiketi/client";
import { useEffect, useSyncExternalStore } from "react";
import { live } from "../../core/tiketi.ts";
import type { Messages } from "../../i18n/en.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Badge, Notice, toast } from "../../ui/feedback.tsx";
import type { LineHandle } from "./use-line.ts";

/** Says that the live connection is gone, and afterwards what came back with it. */
export function Connection({ handle }: { handle: LineHandle }) {
  const { t, format } = useI18n();
  const state = useSyncExternalStore(
    (listener) => live.onState(listener),
    () => live.state,
  );
  const { line, now, lostTurn } = handle;

  useEffect(() => {
    if (!now.restored) return;
    const position = now.estimate?.position ?? null;
    const admitted = now.place?.status === "admitted";
    toast(
      [
        t.live.restored,
        admitted && t.live.restoredTurn,
        lostTurn && t.live.restoredLost,
        !admitted &&
          !lostTurn &&
          position !== null &&
          t.live.restoredPlace(format.number(position)),
        now.restored.hold && t.live.restoredSeats(seatNames(t, now.restored.hold)),
      ]
        .filter(Boolean)
        .join(" "),
    );
    line.acknowledgeRestored();
  }, [now, line, lostTurn, t, format]);

  return (
    <div className="connection" role="status">
      {state.kind === "live" && <Badge kind="good">{t.live.live}</Badge>}
      {state.kind === "connecting" && <Badge>{t.live.connecting}</Badge>}
      {state.kind === "reconnecting" && (
        <Notice kind="warn">
          <strong>{t.live.reconnecting(state.attempt, state.of)}</strong>
          {!lostTurn && !isOver(now.place) && t.live.reconnectingHint}
        </Notice>
      )}
      {state.kind === "polling" && <Notice>{t.live.polling}</Notice>}
    </div>
  );
}

/** The turn's time is up, though the line has not said so yet. */
function isOver(place: Place | null): boolean {
  return place?.admission != null && Date.parse(place.admission.expires_at) <= Date.now();
}

function seatNames(t: Messages, hold: Hold): string {
  const named = hold.seats
    .filter((seat) => seat.section !== null)
    .map((seat) => t.seats.short(seat.section ?? "", seat.row ?? "", seat.number ?? ""));
  return named.length > 0 ? named.join(", ") : t.common.tickets(hold.seats.length);
}
