export { type HoldRequest, type Presented, Tiketi } from "./api.ts";
export { Availability } from "./availability.ts";
export { retryDelayMs } from "./backoff.ts";
export type * as contract from "./contract.ts";
export { type CallOptions, Http, type HttpOptions } from "./http.ts";
export { type KeptValues, Line, type LineOptions, type LineSnapshot } from "./line.ts";
export {
  Live,
  type LiveListener,
  type LiveMessage,
  type LiveOptions,
  type LiveState,
} from "./live.ts";
export { type PositionEstimate, PositionTracker } from "./position.ts";
export { ApiError, codeOf, type FieldError, NetworkError, type Problem } from "./problem.ts";
export type * from "./types.ts";
