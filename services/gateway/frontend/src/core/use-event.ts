import type { EventDetail } from "@tiketi/client";
import { useEffect } from "react";
import { type Loaded, useLoad } from "./load.ts";
import { api, live } from "./tiketi.ts";

/** The gateways give out an answer for at most 3 seconds after it has changed. */
const KEPT_MS = 4_000;
/** Everybody at an event hears of a change at once, and asks within this time. */
const SPREAD_MS = 4_000;

/** An event's facts on a page with a live connection: fetched again when an organiser changes them. */
export function useEvent(id: string): Loaded<EventDetail> {
  const loaded = useLoad(`event:${id}`, () => api.event(id));
  const { reload } = loaded;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unsubscribe = live.subscribe(id, ({ type }) => {
      if (type !== "event-changed") return;
      clearTimeout(timer);
      timer = setTimeout(reload, KEPT_MS + Math.random() * SPREAD_MS);
    });
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [id, reload]);
  return loaded;
}
