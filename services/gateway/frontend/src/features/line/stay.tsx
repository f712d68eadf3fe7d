import { useState } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Button } from "../../ui/controls.tsx";
import { Notice } from "../../ui/feedback.tsx";
import type { LineHandle } from "./use-line.ts";

export const WARN_SECONDS = 60;

interface StayProps {
  handle: LineHandle;
  /** How long the turn lasts, in seconds. */
  left: number;
}

/** Near the end of a turn: a warning, and the button that keeps the turn. A page never does by itself. */
export default function Stay({ handle, left }: StayProps) {
  const { t } = useI18n();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const near = left <= WARN_SECONDS;
  if (!near) {
    if (asked) setAsked(false);
    return null;
  }
  const stay = () => {
    setBusy(true);
    handle.line.stay().finally(() => {
      setBusy(false);
      setAsked(true);
    });
  };
  return (
    <div role="alert">
      <Notice kind="warn">
        <strong>{t.line.turnEnds}</strong>
        {asked ? t.line.longestTurn : t.line.turnEndsHint}
        {!asked && (
          <Button size="small" busy={busy} onClick={stay}>
            {t.line.stillHere}
          </Button>
        )}
      </Notice>
    </div>
  );
}
