import type { EventSummary } from "@tiketi/client";
import { type Loaded, useLoad } from "./load.ts";
import { api } from "./tiketi.ts";

interface EventPage {
  events: EventSummary[];
  next_cursor: string | null;
}

const PAGE = 100;

/** The events that everyone sees: until a day after their sale and their start. */
export function useEvents(): Loaded<EventSummary[]> {
  return useLoad("events", () => allOf("/api/events"));
}

/** Every event, for organisers; the one that starts last comes first. */
export function useAllEvents(): Loaded<EventSummary[]> {
  return useLoad("all events", () => allOf("/api/admin/events"));
}

/** A whole list, page by page. */
async function allOf(path: string): Promise<EventSummary[]> {
  const found: EventSummary[] = [];
  let cursor: string | undefined;
  do {
    const page: EventPage = await api.http.get(path, { query: { limit: PAGE, cursor } });
    found.push(...page.events);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return found;
}
