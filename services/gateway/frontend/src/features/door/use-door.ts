import { ApiError, codeOf, type contract, NetworkError } from "@tiketi/client";
import { useCallback, useEffect, useMemo, useState } from "react";
import { api } from "../../core/tiketi.ts";
import { DoorBook, deviceName } from "./book.ts";
import { checkOffline, type Manifest, type Outcome } from "./code.ts";

export interface Scan {
  id: number;
  outcome: Outcome;
  /** Decided on this device, without the server. */
  offline: boolean;
  at: string;
  seat: string | null;
  ticketType: string | null;
  holder: string | null;
  /** When the ticket was used before, where it was. */
  usedAt: string | null;
}

export interface Door {
  online: boolean;
  manifest: Manifest | null;
  pending: number;
  /** Tickets that two doors let in, as the sync found. */
  doubles: number;
  /** How many people were let in since the page was opened. */
  admitted: number;
  /** The latest, newest first. */
  scans: Scan[];
  check: (code: string) => Promise<void>;
}

const SYNC_MS = 5000;
const MANIFEST_MS = 60_000;
const BATCH = 500;
const KEPT_SCANS = 10;
let nextScan = 0;

/** Checks codes online while there is a network, on the strength of their signature otherwise. */
export function useDoor(eventId: string): Door {
  const book = useMemo(() => new DoorBook(eventId, localStorage), [eventId]);
  const [online, setOnline] = useState(true);
  const [manifest, setManifest] = useState<Manifest | null>(() => book.manifest);
  const [pending, setPending] = useState(() => book.pending.length);
  const [doubles, setDoubles] = useState(0);
  const [admitted, setAdmitted] = useState(0);
  const [scans, setScans] = useState<Scan[]>([]);

  const refresh = useCallback(async () => {
    try {
      const fresh = await api.http.get<Manifest>(`/api/checkin/events/${eventId}/manifest`);
      book.manifest = fresh;
      setManifest(fresh);
      setOnline(true);
    } catch (error) {
      if (error instanceof NetworkError) setOnline(false);
    }
  }, [book, eventId]);

  const sync = useCallback(async () => {
    const waiting = book.pending.slice(0, BATCH);
    if (waiting.length === 0) return;
    try {
      const answer = await api.http.post<contract.SyncedAnswer>("/api/checkin/sync", {
        body: { scans: waiting, event_id: eventId },
      });
      book.sent(waiting.length);
      setOnline(true);
      setPending(book.pending.length);
      const twice = answer.results.filter(({ outcome }) => outcome === "double").length;
      setDoubles((known) => known + twice);
    } catch {
      setOnline(false);
    }
  }, [book, eventId]);

  useEffect(() => {
    void refresh();
    void sync();
    const timers = [setInterval(refresh, MANIFEST_MS), setInterval(sync, SYNC_MS)];
    const back = () => void refresh().then(sync);
    const gone = () => setOnline(false);
    globalThis.addEventListener("online", back);
    globalThis.addEventListener("offline", gone);
    return () => {
      for (const timer of timers) clearInterval(timer);
      globalThis.removeEventListener("online", back);
      globalThis.removeEventListener("offline", gone);
    };
  }, [refresh, sync]);

  const device = deviceName(localStorage);
  const check = async (code: string) => {
    const scan = await checkOnline(code, eventId, device, book).catch(async (error: unknown) => {
      if (!isAway(error)) throw error;
      setOnline(false);
      return checkAlone(code, device, book);
    });
    if (!scan.offline) setOnline(true);
    setPending(book.pending.length);
    if (scan.outcome === "admitted") setAdmitted((known) => known + 1);
    setScans((known) => [scan, ...known].slice(0, KEPT_SCANS));
  };
  return { online, manifest, pending, doubles, admitted, scans, check };
}

function isAway(error: unknown): boolean {
  return error instanceof NetworkError || (error instanceof ApiError && error.status >= 500);
}

async function checkOnline(
  code: string,
  eventId: string,
  device: string,
  book: DoorBook,
): Promise<Scan> {
  try {
    const body = { code, event_id: eventId, device };
    const { ticket } = await api.http.post<contract.AdmittedAnswer>("/api/checkin", {
      body,
      timeoutMs: 4000,
    });
    book.markUsed(ticket.id);
    const { seat } = ticket;
    return {
      ...scanned("admitted", false),
      seat: seat && `${seat.section} ${seat.row}-${seat.number}`,
      ticketType: ticket.ticket_type,
      holder: ticket.holder,
    };
  } catch (error) {
    if (!(error instanceof ApiError) || isAway(error) || error.status === 401) throw error;
    const usedAt = error.problem.used_at;
    return {
      ...scanned(outcomeOf(codeOf(error)), false),
      usedAt: typeof usedAt === "string" ? usedAt : null,
    };
  }
}

function outcomeOf(code: string): Outcome {
  const known: Outcome[] = ["already_used", "ticket_cancelled", "wrong_event"];
  return known.find((outcome) => outcome === code) ?? "unknown_ticket";
}

async function checkAlone(code: string, device: string, book: DoorBook): Promise<Scan> {
  const { manifest } = book;
  if (!manifest) throw new NetworkError("no manifest on this device");
  const { outcome, ticketId } = await checkOffline(code, manifest, book.usedHere);
  const scan = scanned(outcome, true);
  if (outcome === "admitted" && ticketId) {
    book.markUsed(ticketId);
    book.add({ code: code.trim(), scanned_at: scan.at, device });
  }
  return scan;
}

function scanned(outcome: Outcome, offline: boolean): Scan {
  const at = new Date().toISOString();
  const id = nextScan++;
  return { id, outcome, offline, at, seat: null, ticketType: null, holder: null, usedAt: null };
}
