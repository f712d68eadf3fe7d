import { Line, type LineSnapshot } from "@tiketi/client";
import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { api, live } from "../../core/tiketi.ts";
import { type Turn, turnAfter } from "./turn.ts";

export interface LineHandle {
  line: Line;
  now: LineSnapshot;
  /** The person had a turn, and it ended: the place is a new one, at the end of the line. */
  lostTurn: boolean;
}

/** Joins the line of an event and follows it while the component is shown. */
export function useLine(eventId: string, userId: string): LineHandle {
  const line = useMemo(
    () => new Line({ api, live, eventId, userId, kept: localStorage }),
    [eventId, userId],
  );
  const turn = useRef<Turn>("none");
  useEffect(() => {
    // Kept while there is an admission: a browser may have discarded the page during the turn.
    turn.current = localStorage.getItem(`tiketi:admission:${eventId}:${userId}`) ? "mine" : "none";
    line.start();
    return () => line.stop();
  }, [line, eventId, userId]);
  useWaking(line);
  const now = useSyncExternalStore(
    (listener) => line.onChange(listener),
    () => line.current,
  );
  if (now.place) turn.current = turnAfter(turn.current, now.place.status);
  return { line, now, lostTurn: turn.current === "lost" };
}

const AWAKE_MS = 1000;

/** A page that was frozen knows nothing of what happened: it asks as soon as it is back. */
function useWaking(line: Line): void {
  useEffect(() => {
    let asked = 0;
    const wake = () => {
      const outside = document.hidden || line.current.place === null;
      if (outside || Date.now() - asked < AWAKE_MS) return; // several events tell of one waking
      asked = Date.now();
      line.refresh();
    };
    document.addEventListener("visibilitychange", wake);
    globalThis.addEventListener("focus", wake);
    globalThis.addEventListener("pageshow", wake);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      globalThis.removeEventListener("focus", wake);
      globalThis.removeEventListener("pageshow", wake);
    };
  }, [line]);
}
