import { useEffect, useState } from "react";

/** The current time in milliseconds, anew each second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** Seconds until `time`, at least 0. */
export function secondsUntil(time: string, now: number): number {
  return Math.max(0, (Date.parse(time) - now) / 1000);
}
