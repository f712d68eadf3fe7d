import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, codeOf, Http, NetworkError } from "../src/index.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

const problem = (status: number, code: string) => ({ status, code, title: "", detail: "said so" });

describe("calls", () => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  const http = new Http({ baseUrl: "https://t.example", fetch });

  beforeEach(() => {
    fetch.mockReset();
    vi.useRealTimers();
  });

  it("send JSON, the key and the headers", async () => {
    fetch.mockResolvedValueOnce(answer(201, { ok: true }));
    const options = { body: { a: 1 }, idempotencyKey: "k", headers: { "queue-admission": "t" } };
    await http.post("/api/x", { ...options, query: { limit: 5, cursor: undefined } });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe("https://t.example/api/x?limit=5");
    expect(init?.body).toBe('{"a":1}');
    expect(init?.headers).toMatchObject({ "idempotency-key": "k", "queue-admission": "t" });
  });

  it("turn problem documents into errors with their code", async () => {
    fetch.mockResolvedValueOnce(answer(409, problem(409, "seats_unavailable")));
    const error = await http.post("/api/x").catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ApiError);
    expect(codeOf(error)).toBe("seats_unavailable");
  });

  it("give nothing for an answer without a body", async () => {
    fetch.mockResolvedValueOnce(answer(204, undefined));
    expect(await http.delete("/api/x")).toBeUndefined();
  });

  it("repeat reads while a part is down, after the pause it asks for", async () => {
    vi.useFakeTimers();
    fetch.mockResolvedValueOnce(answer(503, problem(503, "unavailable"), { "retry-after": "2" }));
    fetch.mockResolvedValueOnce(answer(200, { ok: true }));
    const call = http.get("/api/x");
    await vi.advanceTimersByTimeAsync(1900);
    expect(fetch).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(await call).toEqual({ ok: true });
  });

  it("repeat a POST only with an idempotency key, and then with the same one", async () => {
    vi.useFakeTimers();
    fetch.mockRejectedValueOnce(new TypeError("gone")).mockResolvedValueOnce(answer(201, {}));
    const call = http.post("/api/x", { idempotencyKey: "k" });
    await vi.runAllTimersAsync();
    await call;
    const keys = fetch.mock.calls.map(([, init]) => Object(init?.headers)["idempotency-key"]);
    expect(keys).toEqual(["k", "k"]);
    fetch.mockRejectedValueOnce(new TypeError("gone"));
    await expect(http.post("/api/x")).rejects.toBeInstanceOf(NetworkError);
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  it("do not repeat a refusal", async () => {
    fetch.mockResolvedValueOnce(answer(404, problem(404, "not_found")));
    await expect(http.get("/api/x")).rejects.toThrow("said so");
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  it("make sense of answers that are not Tiketi's", async () => {
    fetch.mockResolvedValueOnce(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    const error = await http.post("/api/x").catch((failure: unknown) => failure);
    expect(codeOf(error)).toBe("unknown");
    expect((error as ApiError).status).toBe(502);
  });

  it.each([
    ["get", "GET"],
    ["post", "POST"],
    ["patch", "PATCH"],
    ["delete", "DELETE"],
  ] as const)(
    "%s asks with %s, for JSON, with the cookies of its own origin",
    async (call, method) => {
      fetch.mockResolvedValueOnce(answer(200, { ok: true }));
      expect(await http[call]("/api/x")).toEqual({ ok: true });
      const [url, init] = fetch.mock.calls[0] ?? [];
      expect(url).toBe("https://t.example/api/x");
      expect(init).toMatchObject({ method, credentials: "same-origin", body: undefined });
      expect(Object.entries(init?.headers ?? {})).toEqual([["accept", "application/json"]]);
    },
  );

  it("carry a token where there are no cookies, and say that a body is JSON", async () => {
    fetch.mockResolvedValueOnce(answer(200, {}));
    await new Http({ token: "secret", fetch }).post("/api/x", { body: null });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe("/api/x");
    expect(init?.body).toBe("null");
    expect(init?.headers).toEqual({
      accept: "application/json",
      authorization: "Bearer secret",
      "content-type": "application/json",
    });
  });

  it("use the page's own fetch where none is given", async () => {
    vi.stubGlobal("fetch", fetch);
    fetch.mockResolvedValueOnce(answer(200, { ok: true }));
    expect(await new Http().get("/api/x")).toEqual({ ok: true });
    vi.unstubAllGlobals();
  });

  it("write a query only where there is one", async () => {
    fetch.mockImplementation(async () => answer(200, {}));
    await http.get("/api/x", { query: { cursor: undefined } });
    await http.get("/api/x", { query: { cursor: "a&b", limit: 0 } });
    expect(fetch.mock.calls.map(([url]) => url)).toEqual([
      "https://t.example/api/x",
      "https://t.example/api/x?cursor=a%26b&limit=0",
    ]);
  });
});

describe("what is safe to repeat", () => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  const http = new Http({ fetch });
  const down = (headers: Record<string, string> = {}) =>
    answer(503, problem(503, "unavailable"), headers);

  beforeEach(() => {
    fetch.mockReset();
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  /** The moments of the tries, and how it ended. */
  async function tries(call: () => Promise<unknown>) {
    const began = Date.now();
    const at: number[] = [];
    const reply = fetch.getMockImplementation() as typeof globalThis.fetch;
    fetch.mockImplementation((...asked) => {
      at.push(Date.now() - began);
      return reply(...asked);
    });
    const ended = call().then(
      () => "done",
      (error: unknown) => codeOf(error),
    );
    await vi.runAllTimersAsync();
    return { at, ended: await ended };
  }

  it.each([
    ["get", undefined, 3],
    ["post", undefined, 1],
    ["post", "key", 3],
    ["patch", undefined, 1],
    ["delete", undefined, 1],
  ] as const)("is %s with the key %s: %d tries", async (call, idempotencyKey, count) => {
    fetch.mockImplementation(async () => down());
    const { at, ended } = await tries(() => http[call]("/api/x", { idempotencyKey }));
    expect(at).toHaveLength(count);
    expect(ended).toBe("unavailable");
  });

  it.each([
    ["a part that is down says nothing", async () => down(), [0, 1000, 3000]],
    ["it says when", async () => down({ "retry-after": "2" }), [0, 2000, 4000]],
    [
      "it says something else than when",
      async () => down({ "retry-after": "soon" }),
      [0, 1000, 3000],
    ],
    ["it asks for an hour", async () => down({ "retry-after": "3600" }), [0, 5000, 10_000]],
    ["the answer was lost", () => Promise.reject(new TypeError("gone")), [0, 400, 1200]],
    ["another failure", async () => answer(500, problem(500, "internal")), [0]],
    ["a refusal", async () => answer(429, problem(429, "too_many_requests")), [0]],
  ])("is tried again at these moments when %s", async (_, reply, moments) => {
    fetch.mockImplementation(reply);
    expect((await tries(() => http.get("/api/x"))).at).toEqual(moments);
  });

  it("is tried again when the answer breaks off", async () => {
    const broken = new Response(
      new ReadableStream({ start: (stream) => stream.error(new TypeError("cut off")) }),
    );
    const answers = [broken, answer(200, { ok: true })];
    fetch.mockImplementation(async () => answers.shift() as Response);
    const { at, ended } = await tries(() => http.get("/api/x"));
    expect(at).toHaveLength(2);
    expect(ended).toBe("done");
  });

  it("is not an answer that is no JSON", async () => {
    fetch.mockImplementation(async () => new Response("<html>"));
    const { at, ended } = await tries(() => http.get("/api/x"));
    expect(at).toHaveLength(1);
    expect(ended).toBe("unknown");
  });

  it("is not repeated once the caller has given up", async () => {
    const caller = new AbortController();
    fetch.mockImplementation(async () => {
      caller.abort();
      return down();
    });
    const { at } = await tries(() => http.get("/api/x", { signal: caller.signal }));
    expect(at).toHaveLength(1);
  });

  it("fails with the caller's own reason where the caller has given up", async () => {
    const caller = new AbortController();
    const reason = new DOMException("enough", "AbortError");
    fetch.mockImplementation(async (_, init) => {
      caller.abort(reason);
      throw init?.signal?.reason;
    });
    const call = http.get("/api/x", { signal: caller.signal });
    await expect(call).rejects.toBe(reason);
  });

  it.each([
    ["15 seconds", {}, 15_000],
    ["what the caller says", { timeoutMs: 4000 }, 4000],
    [
      "what the caller says, who can give up too",
      { timeoutMs: 4000, signal: new AbortController().signal },
      4000,
    ],
  ])("waits for an answer for %s", async (_, options, timeout) => {
    const limit = vi.spyOn(AbortSignal, "timeout");
    fetch.mockImplementation(async (_url, init) => {
      expect(init?.signal?.aborted).toBe(false);
      return answer(200, {});
    });
    await http.get("/api/x", options);
    expect(limit).toHaveBeenCalledExactlyOnceWith(timeout);
  });

  it("gives up on an answer that does not come", async () => {
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort(new DOMException("late")));
    fetch.mockImplementation(async (_, init) => {
      init?.signal?.throwIfAborted();
      return answer(200, {});
    });
    const { at, ended } = await tries(() => http.get("/api/x"));
    expect([at.length, ended]).toEqual([3, "offline"]);
  });
});

describe("problems", () => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  const http = new Http({ fetch });

  async function failed(response: Response): Promise<ApiError> {
    fetch.mockResolvedValueOnce(response);
    return http.post("/api/x").then(
      () => expect.unreachable(),
      (error: unknown) => error as ApiError,
    );
  }

  it("keep all members, and the status of the answer itself", async () => {
    const body = { ...problem(400, "invalid"), errors: [{ field: "name", message: "too long" }] };
    const error = await failed(answer(422, body, { "retry-after": "7" }));
    expect(error.problem).toEqual({ ...body, status: 422 });
    expect([error.status, error.code, error.retryAfter]).toEqual([422, "invalid", 7]);
    expect([error.name, error.message]).toEqual(["ApiError", "said so"]);
  });

  it("are named by their title where there is no detail", async () => {
    const error = await failed(answer(409, { code: "gone", title: "Gone", detail: "" }));
    expect(error.message).toBe("Gone");
    expect(error.retryAfter).toBeNull();
  });

  it.each([
    [503, "unavailable"],
    [502, "unknown"],
    [504, "unknown"],
  ])("of a proxy are known by their status %d: %s", async (statusCode, code) => {
    for (const body of ["<h1>Sorry</h1>", '{"error": "sorry"}', '{"code": 17}', ""]) {
      const error = await failed(new Response(body, { status: statusCode, statusText: "Sorry" }));
      expect(error.problem).toEqual({ status: statusCode, code, title: "Sorry", detail: "" });
    }
  });

  it("are told apart by their code", () => {
    expect(codeOf(new ApiError({ ...problem(409, "gone"), detail: "" }, null))).toBe("gone");
    expect(codeOf(new NetworkError(null))).toBe("offline");
    expect(codeOf(new TypeError("a fault of the page"))).toBe("unknown");
  });

  it("without an answer say so, and why", () => {
    const error = new NetworkError("the cause");
    expect([error.name, error.message, error.cause]).toEqual([
      "NetworkError",
      "the server could not be reached",
      "the cause",
    ]);
  });
});
