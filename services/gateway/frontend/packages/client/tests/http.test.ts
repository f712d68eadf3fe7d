import { beforeEach, describe, expect, it, vi } from "vitest";
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
});
