import type { PlaceStatus } from "@tiketi/client";

/** Whether somebody has a turn, or had one that ended. */
export type Turn = "none" | "mine" | "lost";

/** The turn after the line has answered with `status`. */
export function turnAfter(before: Turn, status: PlaceStatus): Turn {
  if (status === "admitted") return "mine";
  if (status === "passed_over") return "none"; // the turn comes again, before everyone else's
  return before === "none" ? "none" : "lost";
}
