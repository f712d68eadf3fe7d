import { useHeldSeats } from "../core/held.ts";
import { useI18n } from "../i18n/index.tsx";
import { toast } from "../ui/feedback.tsx";

/** Looks for seats that were held for the person; a chunk of its own, since the line has no use for it. */
export default function HeldWatch() {
  const { t } = useI18n();
  useHeldSeats(() => toast(t.waitlist.offered));
  return null;
}
