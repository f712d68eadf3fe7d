import { ApiError, NetworkError, type Problem } from "./problem.ts";

export interface HttpOptions {
  /** Origin of the gateway; empty in a page that the gateway itself serves. */
  baseUrl?: string;
  /** A session token, for callers that keep no cookies. */
  token?: string;
  fetch?: typeof fetch;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  /** Marks a POST as safe to repeat; the same key must not be used for another request. */
  idempotencyKey?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

const TRIES = 3;
const LONGEST_PAUSE_SECONDS = 5;

/**
 * JSON over HTTP with Tiketi's conventions: problem documents become `ApiError`s, and what is safe
 * to repeat (reads, and POSTs with an idempotency key) is repeated when a part is down or the
 * answer was lost.
 */
export class Http {
  readonly baseUrl: string;
  private readonly token: string | undefined;
  private readonly fetch: typeof fetch;

  constructor(options: HttpOptions = {}) {
    this.baseUrl = options.baseUrl ?? "";
    this.token = options.token;
    this.fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  }

  get<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call("GET", path, options);
  }

  post<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call("POST", path, options);
  }

  patch<T>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call("PATCH", path, options);
  }

  delete<T = void>(path: string, options: CallOptions = {}): Promise<T> {
    return this.call("DELETE", path, options);
  }

  private async call<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const repeatable = method === "GET" || options.idempotencyKey !== undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once<T>(method, path, options);
      } catch (error) {
        const pause = repeatable && attempt < TRIES ? pauseBefore(error, attempt) : null;
        if (pause === null || options.signal?.aborted) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      }
    }
  }

  private async once<T>(method: string, path: string, options: CallOptions): Promise<T> {
    const response = await this.send(method, path, options);
    const text = await response.text().catch((error: unknown) => {
      throw new NetworkError(error);
    });
    if (!response.ok) throw failure(response, text);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  private async send(method: string, path: string, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = { accept: "application/json", ...options.headers };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
    if (options.body !== undefined) headers["content-type"] = "application/json";
    const timeout = AbortSignal.timeout(options.timeoutMs ?? 15_000);
    try {
      return await this.fetch(this.baseUrl + path + queryString(options.query), {
        method,
        headers,
        body: options.body === undefined ? undefined : JSON.stringify(options.body),
        credentials: "same-origin",
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new NetworkError(error);
    }
  }
}

function queryString(query: CallOptions["query"]): string {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return "";
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}

/** Seconds to wait before the next try, or null where another try would be of no use. */
function pauseBefore(error: unknown, attempt: number): number | null {
  if (error instanceof NetworkError) return 0.4 * attempt;
  if (!(error instanceof ApiError) || error.status !== 503) return null;
  return Math.min(error.retryAfter ?? attempt, LONGEST_PAUSE_SECONDS);
}

function failure(response: Response, text: string): ApiError {
  const after = Number(response.headers.get("retry-after"));
  return new ApiError(problemOf(response, text), after > 0 ? after : null);
}

function problemOf(response: Response, text: string): Problem {
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === "string") return { ...problem, status: response.status };
  } catch {
    // Not ours: a proxy's page, or a cut-off answer. The status still says what happened.
  }
  const code = response.status === 503 ? "unavailable" : "unknown";
  return { status: response.status, code, title: response.statusText, detail: "" };
}
