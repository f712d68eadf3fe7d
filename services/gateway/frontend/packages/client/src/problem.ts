export interface FieldError {
  field: string;
  message: string;
}

/** The members of an `application/problem+json` document that clients rely on. */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  request_id?: string;
  errors?: FieldError[];
  unavailable?: string[];
  [member: string]: unknown;
}

/** The server answered, and the answer was a refusal; `problem.code` says which. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** Seconds after which it makes sense to try again, where the server said so. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer: no network, a time-out, or something on the way that is not Tiketi. */
export class NetworkError extends Error {
  constructor(cause: unknown) {
    super("the server could not be reached", { cause });
    this.name = "NetworkError";
  }
}

/** The code of an expected failure, `offline` without an answer, `unknown` for anything else. */
export function codeOf(error: unknown): string {
  if (error instanceof ApiError) return error.code;
  return error instanceof NetworkError ? "offline" : "unknown";
}
