import { codeOf } from "@tiketi/client";
import { useState } from "react";
import { navigate } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { Confirm } from "../../ui/controls.tsx";
import { failureText, toast } from "../../ui/feedback.tsx";
import type { LineHandle } from "./use-line.ts";

interface LeaveProps {
  handle: LineHandle;
  eventId: string;
  onClose: () => void;
}

/** Gives up the place or the turn, after asking. */
export default function Leave({ handle, eventId, onClose }: LeaveProps) {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const leave = () => {
    setBusy(true);
    handle.line.leave().then(
      () => navigate(`/events/${eventId}`, { replace: true }),
      (error: unknown) => {
        setBusy(false);
        toast(failureText(t, codeOf(error)).lead);
      },
    );
  };
  return (
    <Confirm
      title={t.line.leaveTitle}
      lead={t.line.leaveLead}
      confirm={t.line.leave}
      keep={t.line.stay}
      busy={busy}
      onConfirm={leave}
      onClose={onClose}
    />
  );
}
