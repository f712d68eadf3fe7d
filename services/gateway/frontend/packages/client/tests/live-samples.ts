import { vi } from "vitest";
import { Http, Live, type LiveMessage, type LiveOptions } from "../src/index.ts";
import { FakeSocket, FakeStream } from "./fake-socket.ts";
import { status } from "./samples.ts";

/** The network's edge, for polls. */
export const fetch = vi.fn<typeof globalThis.fetch>();

/** To be called before each test: fake time, no connection yet, polls that are answered. */
export function reset(): void {
  vi.useFakeTimers();
  FakeSocket.all = [];
  FakeStream.all = [];
  fetch.mockReset();
  fetch.mockImplementation(async () => new Response(JSON.stringify(status())));
}

/** Follows the event `e1`; `random` is 0 unless given, which makes every pause the shortest. */
export function connect(heard: LiveMessage[] = [], options: Partial<LiveOptions> = {}): Live {
  const live = new Live({
    http: new Http({ baseUrl: "https://t.example", fetch }),
    url: "wss://t.example/ws",
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    EventSource: FakeStream as unknown as typeof EventSource,
    random: () => 0,
    ...options,
  });
  live.subscribe("e1", (message) => heard.push(message));
  return live;
}

export function update(version: number, change: object = {}) {
  return { event_id: "e1", epoch: "x", version, changes: [[version, "h"]], ...change };
}

export function subscribed(change: object) {
  return { event_id: "e1", epoch: "x", version: 0, recovered: false, missed: [], ...change };
}

export function typesOf(heard: LiveMessage[]): string[] {
  return heard.map(({ type }) => type);
}
