import { Line, type LineSnapshot } from "@tiketi/client";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api, live } from "../../core/tiketi.ts";

export interface LineHandle {
  line: Line;
  now: LineSnapshot;
}

/** Joins the line of an event and follows it while the component is shown. */
export function useLine(eventId: string, userId: string): LineHandle {
  const line = useMemo(
    () => new Line({ api, live, eventId, userId, kept: localStorage }),
    [eventId, userId],
  );
  useEffect(() => {
    line.start();
    return () => line.stop();
  }, [line]);
  const now = useSyncExternalStore(
    (listener) => line.onChange(listener),
    () => line.current,
  );
  return { line, now };
}
