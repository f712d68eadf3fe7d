/**
 * How long to wait before try number `attempt` (from 1): 1 s growing to 5 s, the last second of it
 * by chance, so that those who were cut off together do not come back together.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  return Math.round((Math.min(4, Math.max(1, attempt)) + random()) * 1000);
}
