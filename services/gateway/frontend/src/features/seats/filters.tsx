import type { EventDetail } from "@tiketi/client";
import { useCallback, useMemo, useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Icon } from "../../ui/icons.tsx";
import { typeColour } from "./palette.ts";
import type { Seats } from "./use-seats.ts";

export interface Filter {
  type: number | null;
  accessible: boolean;
  set: (change: { type?: number | null; accessible?: boolean }) => void;
  passes: (seat: number) => boolean;
}

export function useFilter({ model }: Seats): Filter {
  const [type, setType] = useState<number | null>(null);
  const [accessible, setAccessible] = useState(false);
  const passes = useCallback(
    (seat: number) =>
      (type === null || model.type[seat] === type) && (!accessible || model.accessible[seat] === 1),
    [model, type, accessible],
  );
  return {
    type,
    accessible,
    passes,
    set: (change) => {
      if (change.type !== undefined) setType(change.type);
      if (change.accessible !== undefined) setAccessible(change.accessible);
    },
  };
}

export interface FiltersProps {
  seats: Seats;
  event: EventDetail;
  filter: Filter;
}

export function Filters({ seats, event, filter }: FiltersProps) {
  const { t, format } = useI18n();
  const seated = useMemo(
    () =>
      event.ticket_types
        .map((type, i) => ({ type, i }))
        .filter(({ type }) => type.kind === "seated"),
    [event],
  );
  const anyAccessible = useMemo(() => seats.model.accessible.includes(1), [seats.model]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame and a legend around chips
    <div className="chips choose-filters" role="group" aria-label={t.seats.prices}>
      {seated.map(({ type, i }) => (
        <button
          key={type.id}
          type="button"
          className="chip"
          aria-pressed={filter.type === i}
          onClick={() => filter.set({ type: filter.type === i ? null : i })}
        >
          <span className="swatch" style={{ background: typeColour(i) }} />
          {type.name}
          <span className="figures">{format.money(type.price, event.currency)}</span>
        </button>
      ))}
      {anyAccessible && (
        <button
          type="button"
          className="chip"
          aria-pressed={filter.accessible}
          onClick={() => filter.set({ accessible: !filter.accessible })}
        >
          <Icon name="wheelchair" />
          {t.seats.accessible}
        </button>
      )}
    </div>
  );
}

interface ViewSwitchProps {
  view: "map" | "list";
  onChange: (view: "map" | "list") => void;
}

export function ViewSwitch({ view, onChange }: ViewSwitchProps) {
  const { t } = useI18n();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame and a legend around two buttons
    <div className="switch" role="group" aria-label={t.seats.view}>
      {(["map", "list"] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={view === each}
          onClick={() => onChange(each)}
        >
          {t.seats[each]}
        </button>
      ))}
    </div>
  );
}
