import { vi } from "vitest";

export interface Reply {
  status: number;
  body?: unknown;
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
}

/**
 * Answers at the network's edge: `replies` by `METHOD /path`, one after the other, the last one for
 * good. Null is a lost answer, `never` one that does not come. Gives the calls that were made.
 */
export function serve(replies: Record<string, (Reply | null | "never")[]>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const method = init.method ?? "GET";
    const body = init.body ? JSON.parse(String(init.body)) : undefined;
    calls.push({ method, path: url, body, headers: init.headers as Record<string, string> });
    const waiting = replies[`${method} ${url}`] ?? [
      { status: 404, body: problem(404, "not_found") },
    ];
    const reply = waiting.length > 1 ? waiting.shift() : waiting[0];
    if (reply === "never") return new Promise(() => undefined);
    if (!reply) throw new TypeError("the connection was lost");
    return new Response(reply.body === undefined ? null : JSON.stringify(reply.body), {
      status: reply.status,
    });
  });
  return calls;
}

export function problem(status: number, code: string) {
  return { status, code, title: "", detail: "" };
}
