import "./door.css";
import type { EventSummary } from "@tiketi/client";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useEvents } from "../../core/events.ts";
import { useTitle } from "../../core/title.ts";
import type { Format } from "../../i18n/format.ts";
import { useI18n } from "../../i18n/index.tsx";
import { Button, Field, Select } from "../../ui/controls.tsx";
import { Badge, Failure, Notice, Skeleton, toast } from "../../ui/feedback.tsx";
import { Icon } from "../../ui/icons.tsx";
import { deviceName } from "./book.ts";
import { prepare, scan } from "./camera.ts";
import { canVerify, type Outcome } from "./code.ts";
import { type DoorMessages, useDoorMessages } from "./messages.ts";
import { type Door, type Scan, useDoor } from "./use-door.ts";

const KEPT_EVENTS = "tiketi:door:events";
const KEPT_EVENT = "tiketi:door:event";

export default function DoorPage() {
  const { format } = useI18n();
  const d = useDoorMessages();
  const { data, error, reload } = useEvents();
  const events = data ?? keptEvents();
  const [eventId, setEventId] = useState(() => localStorage.getItem(KEPT_EVENT) ?? "");
  useTitle(d.title);
  useOfflineApp();

  useEffect(() => {
    if (data) localStorage.setItem(KEPT_EVENTS, JSON.stringify(data));
  }, [data]);

  if (!events)
    return error ? <Failure error={error} onRetry={reload} /> : <Skeleton height="20rem" />;
  const chosen = events.find(({ id }) => id === eventId) ?? events[0];
  return (
    <div className="door">
      <h1>{d.title}</h1>
      <Select
        label={d.choose}
        value={chosen?.id ?? ""}
        onChange={(id) => {
          localStorage.setItem(KEPT_EVENT, id);
          setEventId(id);
        }}
        options={events.map((event) => ({ value: event.id, label: doorLabel(event, format) }))}
      />
      {chosen && <DoorOf key={chosen.id} event={chosen} />}
    </div>
  );
}

/** A run has one name for many evenings: the start tells them apart. */
function doorLabel({ name, starts_at, time_zone }: EventSummary, format: Format): string {
  return `${name} · ${format.dateTime(starts_at, time_zone)}`;
}

function keptEvents(): EventSummary[] | null {
  const text = localStorage.getItem(KEPT_EVENTS);
  return text ? (JSON.parse(text) as EventSummary[]) : null;
}

/** Keeps the app itself on this device, so that a door can be opened without a network. */
function useOfflineApp(): void {
  useEffect(() => {
    keepApp().catch(() => undefined);
  }, []);
}

/** As in door-worker.js, which keeps what is loaded once it is there; this page was loaded before. */
const KEPT_FILES = "tiketi-door-1";

async function keepApp(): Promise<void> {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/door-worker.js");
  await navigator.serviceWorker.ready;
  await prepare();
  const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name));
  const files = loaded.filter(({ pathname }) => pathname.startsWith("/assets/"));
  await (await caches.open(KEPT_FILES)).addAll(files.map(({ href }) => href));
}

function DoorOf({ event }: { event: EventSummary }) {
  const d = useDoorMessages();
  const door = useDoor(event.id);
  const check = (code: string) => {
    door.check(code).catch(() => toast(d.failed));
  };
  return (
    <>
      <Answer scan={door.scans[0] ?? null} zone={event.time_zone} />
      <Camera onCode={check} />
      <TypedCode onCode={check} />
      <State door={door} />
      <History scans={door.scans} />
    </>
  );
}

function words(d: DoorMessages, scan: { outcome: Outcome; offline: boolean }): string {
  const texts: Record<Outcome, string> = {
    admitted: scan.offline ? d.okOffline : d.ok,
    already_used: d.used,
    ticket_cancelled: d.refunded,
    wrong_event: d.wrongEvent,
    unknown_ticket: d.unknown,
  };
  return texts[scan.outcome];
}

function Answer({ scan, zone }: { scan: Scan | null; zone: string }) {
  const { format } = useI18n();
  const d = useDoorMessages();
  return (
    <section
      className="door-answer"
      data-outcome={scan?.outcome}
      role="status"
      aria-live="assertive"
    >
      {scan ? (
        <>
          <Icon name={scan.outcome === "admitted" ? "check" : "cross"} />
          <strong>{words(d, scan)}</strong>
          {scan.seat && <span className="door-seat">{scan.seat}</span>}
          <span>{[scan.ticketType, scan.holder].filter(Boolean).join(" · ")}</span>
          {scan.usedAt && <span>{d.usedAt(format.dateTime(scan.usedAt, zone))}</span>}
        </>
      ) : (
        <>
          <Icon name="scan" />
          <span>{d.ready}</span>
        </>
      )}
    </section>
  );
}

function Camera({ onCode }: { onCode: (code: string) => void }) {
  const d = useDoorMessages();
  const video = useRef<HTMLVideoElement>(null);
  const [on, setOn] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const latest = useRef(onCode);
  latest.current = onCode;

  useEffect(() => {
    if (!on || !video.current) return;
    let stop: (() => void) | null = null;
    let wanted = true;
    let last = { code: "", at: 0 };
    const found = (code: string) => {
      const again = code === last.code && Date.now() - last.at < 4000;
      last = { code, at: Date.now() };
      if (!again) latest.current(code);
    };
    scan(video.current, found).then(
      (end) => {
        if (wanted) stop = end;
        else end();
      },
      (error: unknown) => {
        const denied = error instanceof DOMException && error.name === "NotAllowedError";
        setProblem(denied ? d.cameraDenied : d.cameraNone);
        setOn(false);
      },
    );
    return () => {
      wanted = false;
      stop?.();
    };
  }, [on, d]);

  return (
    <section className="stack-tight">
      {problem && <Notice kind="warn">{problem}</Notice>}
      {on && (
        <>
          <div className="door-video">
            <video ref={video} muted playsInline />
          </div>
          <p className="faint">{d.cameraHint}</p>
        </>
      )}
      <Button kind={on ? "quiet" : undefined} icon="scan" wide onClick={() => setOn(!on)}>
        {on ? d.stop : d.start}
      </Button>
    </section>
  );
}

function TypedCode({ onCode }: { onCode: (code: string) => void }) {
  const d = useDoorMessages();
  const [code, setCode] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim()) onCode(code);
    setCode("");
  };
  return (
    <form className="door-form" onSubmit={submit}>
      <Field
        label={d.typeLabel}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
      />
      <Button type="submit" kind="quiet">
        {d.check}
      </Button>
    </form>
  );
}

function State({ door }: { door: Door }) {
  const d = useDoorMessages();
  const [verifies, setVerifies] = useState(true);
  useEffect(() => {
    void canVerify().then(setVerifies);
  }, []);
  return (
    <section className="card stack-tight">
      <div className="row between">
        <Badge kind={door.online ? "good" : "warn"}>{door.online ? d.online : d.offline}</Badge>
        <span className="faint">{door.pending > 0 ? d.pending(door.pending) : d.synced}</span>
      </div>
      {door.doubles > 0 && <Notice kind="bad">{d.doubles(door.doubles)}</Notice>}
      {!verifies && <Notice kind="warn">{d.verifyUnavailable}</Notice>}
      <p className="faint">
        {door.manifest ? d.manifest : d.noManifest} {d.device(deviceName(localStorage))}.{" "}
        {d.count(door.admitted)}
      </p>
    </section>
  );
}

function History({ scans }: { scans: Scan[] }) {
  const { format } = useI18n();
  const d = useDoorMessages();
  if (scans.length === 0) return null;
  return (
    <section className="stack-tight">
      <h2>{d.history}</h2>
      <ul className="door-history">
        {scans.map((scan) => (
          <li key={scan.id}>
            <Badge kind={scan.outcome === "admitted" ? "good" : "bad"}>{words(d, scan)}</Badge>
            <span className="faint figures">
              {scan.seat} {format.time(scan.at)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
