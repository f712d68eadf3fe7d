/** How long to wait before try number `attempt` (from 1): 1 s growing to 5 s, spread by chance. */
export function retryDelayMs(attempt: number, random: () => number): number {
  const full = Math.min(5, Math.max(1, attempt)) * 1000;
  return Math.round(Math.max(1000, full * (0.75 + 0.25 * random())));
}
