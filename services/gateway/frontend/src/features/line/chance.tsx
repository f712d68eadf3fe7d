import type { LineSnapshot } from "@tiketi/client";
import type { Messages } from "../../i18n/en.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Notice } from "../../ui/feedback.tsx";

/** While every seat is in somebody's basket, the line waits for what comes back. */
export function Baskets({ now }: { now: LineSnapshot }) {
  const { t, format } = useI18n();
  const { place, status, estimate } = now;
  if (!status || status.seats_left > 0 || status.seats_held === 0) return null;
  const ahead = Math.max(0, (estimate?.position ?? 1) - 1);
  const chance = place?.chance ?? null;
  return (
    <Notice kind={chance !== null && chance < 0.3 ? "warn" : "good"}>
      <span role="status">
        {t.line.baskets} {t.line.basketsKept}
      </span>{" "}
      {t.line.basketsAhead(format.number(status.seats_held), format.number(ahead))}{" "}
      {chance !== null && t.line.basketsChance(chanceText(chance, t))}
    </Notice>
  );
}

/** In words and a number: "low: about 1 in 5". */
export function chanceText(chance: number | null, t: Messages): string {
  if (chance === null) return t.line.chanceUnknown;
  if (chance >= 0.7) return t.line.chanceHigh(tenths(chance));
  if (chance >= 0.3) return t.line.chanceMiddle(tenths(chance));
  if (chance <= 0) return t.line.chanceNone;
  const one = Math.round(1 / chance);
  return chance >= 0.05 ? t.line.chanceLow(String(one)) : t.line.chanceVeryLow(String(one));
}

function tenths(chance: number): string {
  return String(Math.min(9, Math.round(chance * 10)));
}
