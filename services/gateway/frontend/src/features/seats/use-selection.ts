import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { toast } from "../../ui/feedback.tsx";
import type { Seats } from "./use-seats.ts";

export interface Selection {
  chosen: ReadonlySet<number>;
  toggle: (seat: number) => void;
  choose: (seats: number[]) => void;
  drop: (seats: number[]) => void;
  /** While they are being held, that they are taken may be our own doing. */
  holding: (now: boolean) => void;
}

/**
 * The seats that are chosen but not held yet. Kept over reloads and reconnects; a seat that someone
 * else takes meanwhile leaves the selection, and the person is told.
 */
export function useSelection(eventId: string, seats: Seats | null, limit: number): Selection {
  const { t } = useI18n();
  const kept = `tiketi:chosen:${eventId}`;
  const [ids, setIds] = useState<string[]>(() => read(kept));
  const beingHeld = useRef(false);
  const model = seats?.model;

  const chosen = useMemo(() => {
    const indices = ids.map((id) => model?.indexOf.get(id)).filter((i) => i !== undefined);
    return new Set(indices);
  }, [ids, model]);

  useEffect(() => sessionStorage.setItem(kept, JSON.stringify(ids)), [kept, ids]);

  const without = useCallback(
    (gone: number[]) => {
      const lost = new Set(gone.map((seat) => model?.ids[seat]));
      setIds((now) => now.filter((id) => !lost.has(id)));
    },
    [model],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says that states have changed
  useEffect(() => {
    if (!seats || beingHeld.current) return;
    const gone = [...chosen].filter((seat) => seats.availability.state(seat) !== "a");
    if (gone.length === 0) return;
    without(gone);
    for (const seat of gone) {
      const label = seats.model.labels[seat];
      if (label) toast(t.seats.gone(t.seats.seat(label.section, label.row, label.number)));
    }
  }, [seats?.version, seats?.model, chosen, without]);

  const toggle = useCallback(
    (seat: number) => {
      if (!seats) return;
      const id = seats.model.ids[seat] as string;
      setIds((now) => {
        if (now.includes(id)) return now.filter((other) => other !== id);
        if (seats.availability.state(seat) !== "a") return now;
        if (now.length < limit) return [...now, id];
        toast(t.seats.limit(limit));
        return now;
      });
    },
    [seats, limit, t],
  );
  const choose = useCallback(
    (some: number[]) => setIds(some.map((seat) => model?.ids[seat] as string)),
    [model],
  );
  const holding = useCallback((now: boolean) => {
    beingHeld.current = now;
  }, []);
  return { chosen, toggle, choose, drop: without, holding };
}

function read(key: string): string[] {
  const text = sessionStorage.getItem(key);
  return text ? (JSON.parse(text) as string[]) : [];
}
