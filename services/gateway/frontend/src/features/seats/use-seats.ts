import { Availability, type EventDetail } from "@tiketi/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLoad } from "../../core/load.ts";
import { api, live } from "../../core/tiketi.ts";
import { SeatGrid } from "./grid.ts";
import { type SeatModel, seatModel } from "./model.ts";

export type ChangeListener = (seats: number[]) => void;

export interface Seats {
  model: SeatModel;
  grid: SeatGrid;
  availability: Availability;
  /** Grows with each change, so that what shows counts is drawn again. */
  version: number;
  /** Told of each change with the seats concerned, without a render. */
  onChange: (listener: ChangeListener) => () => void;
}

interface Loading {
  seats: Seats | null;
  error: unknown;
  reload: () => void;
}

/** The layout of an event with the states of its seats, live. */
export function useSeats(event: EventDetail | null): Loading {
  const id = event?.id ?? "";
  const seated = event?.ticket_types.some((type) => type.kind === "seated") ?? false;
  const layout = useLoad(`seatmap:${id}:${seated}`, async () =>
    seated ? api.seatMap(id) : { seats: [] },
  );
  const availability = useMemo(() => new Availability(), []);
  const listeners = useRef(new Set<ChangeListener>());
  const [version, setVersion] = useState(-1);
  const [error, setError] = useState<unknown>(null);

  const changed = useCallback(
    (seats: number[]) => {
      for (const listener of listeners.current) listener(seats);
      setVersion((now) => Math.max(now + 1, availability.version));
    },
    [availability],
  );
  const fetchStates = useCallback(() => {
    if (!id) return;
    api.availability(id).then((snapshot) => {
      setError(null);
      changed(availability.load(snapshot));
    }, setError);
  }, [id, availability, changed]);

  useEffect(() => {
    if (!id) return;
    fetchStates();
    return live.subscribe(id, (message) => {
      if (message.type === "refetch") fetchStates();
      if (message.type !== "seat-update") return;
      const seats = availability.apply(message.data);
      if (seats.length > 0 || message.data.general) changed(seats);
    });
  }, [id, availability, changed, fetchStates]);

  const made = useMemo(() => {
    if (!layout.data || !event || event.id !== id) return null;
    const model = seatModel(layout.data, event);
    return { model, grid: new SeatGrid(model) };
  }, [layout.data, event, id]);
  const onChange = useCallback((listener: ChangeListener) => {
    listeners.current.add(listener);
    return () => listeners.current.delete(listener);
  }, []);

  const ready = made && version >= 0;
  return {
    seats: ready ? { ...made, availability, version, onChange } : null,
    error: ready ? null : (layout.error ?? error),
    reload: () => {
      layout.reload();
      fetchStates();
    },
  };
}
