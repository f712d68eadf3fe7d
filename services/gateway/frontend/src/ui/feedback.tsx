import { codeOf } from "@tiketi/client";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { loginPath } from "../core/session.tsx";
import type { Messages } from "../i18n/en.ts";
import { useI18n } from "../i18n/index.tsx";
import { Button, ButtonLink } from "./controls.tsx";
import { Icon, type IconName } from "./icons.tsx";

export type Kind = "good" | "warn" | "bad" | "accent";

const MARKS: Record<Kind, IconName> = { good: "check", warn: "warn", bad: "warn", accent: "info" };

export function Notice({ kind = "accent", children }: { kind?: Kind; children: ReactNode }) {
  return (
    <div className="notice" data-kind={kind} role={kind === "bad" ? "alert" : undefined}>
      <Icon name={MARKS[kind]} />
      <div>{children}</div>
    </div>
  );
}

export function Badge({ kind, children }: { kind?: Kind; children: ReactNode }) {
  return (
    <span className="badge" data-kind={kind}>
      {children}
    </span>
  );
}

interface BarProps {
  label: string;
  share: number;
  kind?: "warn";
}

export function Bar({ label, share, kind }: BarProps) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div
      className="bar"
      data-kind={kind}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div className="bar-fill" style={{ transform: `scaleX(${Math.max(percent, 2) / 100})` }} />
    </div>
  );
}

/** The words for a failure: what happened, and what to do. */
export function failureText(t: Messages, code: string): { title: string; lead: string } {
  return t.failures[code as keyof Messages["failures"]] ?? t.failures.unknown;
}

interface FailureProps {
  error: unknown;
  onRetry?: () => void;
  children?: ReactNode;
}

const RETRY_MS = 5000;

/** What ends by itself is tried again by itself: at once when the network is said to be back. */
function useRetry(code: string, onRetry: (() => void) | undefined): void {
  const passing = code === "offline" || code === "unavailable";
  useEffect(() => {
    if (!passing || !onRetry) return;
    const timer = setInterval(onRetry, RETRY_MS);
    globalThis.addEventListener("online", onRetry);
    return () => {
      clearInterval(timer);
      globalThis.removeEventListener("online", onRetry);
    };
  }, [passing, onRetry]);
}

/** A whole screen for a failure. */
export function Failure({ error, onRetry, children }: FailureProps) {
  const { t } = useI18n();
  const code = codeOf(error);
  useRetry(code, onRetry);
  const { title, lead } = failureText(t, code);
  return (
    <section className="failure" role="alert">
      <span className="failure-mark">
        <Icon name={code === "offline" ? "wave" : "warn"} />
      </span>
      <h1>{title}</h1>
      <p>{lead}</p>
      <div className="row">
        {code === "unauthenticated" && (
          <ButtonLink href={loginPath()}>{t.account.login}</ButtonLink>
        )}
        {children}
        {onRetry && code !== "not_found" && code !== "unauthenticated" && (
          <Button onClick={onRetry}>{t.common.retry}</Button>
        )}
        <ButtonLink href="/" kind="quiet">
          {t.common.toEvents}
        </ButtonLink>
      </div>
    </section>
  );
}

export function Empty({ title, lead, icon }: { title: string; lead: string; icon: IconName }) {
  return (
    <section className="failure">
      <span className="failure-mark">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <p>{lead}</p>
    </section>
  );
}

/** Holds the place of what is being loaded, so that nothing jumps. */
export function Skeleton({ height }: { height: string }) {
  return <div className="skeleton" style={{ height }} aria-hidden="true" />;
}

// Toasts

let toasts: { id: number; text: string }[] = [];
let nextToast = 0;
const listeners = new Set<() => void>();

/** Says something in passing; it is read out, and gone after a few seconds. */
export function toast(text: string): void {
  if (toasts.at(-1)?.text === text) return;
  const id = nextToast++;
  change([...toasts.slice(-2), { id, text }]);
  setTimeout(() => change(toasts.filter((shown) => shown.id !== id)), 6000);
}

function change(next: typeof toasts): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text }) => (
        <div className="toast" key={id}>
          {text}
        </div>
      ))}
    </div>
  );
}
