import { useI18n } from "../../i18n/index.tsx";

/** Days, hours, minutes and seconds; screen readers get it when they ask, not every second. */
export function Countdown({ seconds }: { seconds: number }) {
  const { t } = useI18n();
  const whole = Math.floor(seconds);
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), t.events.day],
    [Math.floor(whole / 3600) % 24, t.events.hour],
    [Math.floor(whole / 60) % 60, t.events.minute],
    [whole % 60, t.events.second],
  ];
  return (
    <div className="countdown" role="timer" aria-live="off">
      {parts.map(([value, unit]) => (
        <div key={unit}>
          <strong>{String(value).padStart(2, "0")}</strong>
          <span>{unit}</span>
        </div>
      ))}
    </div>
  );
}
