import type { ReactNode } from "react";
import { useI18n } from "../../i18n/index.tsx";
import { Notice } from "../../ui/feedback.tsx";

/** The turn ended before anything was held: what that means, and what can be done now. */
export function LostTurn({ children }: { children?: ReactNode }) {
  const { t } = useI18n();
  return (
    <div role="alert">
      <Notice kind="warn">
        <strong>{t.line.lostTitle}</strong>
        {t.line.lostLead}
        {children}
      </Notice>
    </div>
  );
}
