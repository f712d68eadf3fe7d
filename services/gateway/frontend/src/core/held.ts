import type { Hold } from "@tiketi/client";
import { useEffect, useRef } from "react";
import { keepBasket, peekBasket } from "./basket.ts";
import { api } from "./tiketi.ts";

const LOOK_MS = 30_000;
const WAITS = "tiketi:waits";

/** The caller's seats that wait for payment, of all events, also those of the waiting list. */
export function heldSeats(): Promise<Hold[]> {
  return api.http.get<{ holds: Hold[] }>("/api/holds").then(({ holds }) => holds);
}

/** Whether somebody on this device is on a waiting list: an offer may come at any time. */
export function rememberWaiting(waits: boolean): void {
  if (waits) localStorage.setItem(WAITS, "1");
  else localStorage.removeItem(WAITS);
}

/**
 * Puts seats that are held for the caller into the basket, wherever they were held; `onFound` is
 * called for those that this device did not know. Looks once, whenever the page is shown again, and
 * again and again while the caller waits for an offer.
 */
export function useHeldSeats(signedIn: boolean, onFound: () => void): void {
  const found = useRef(onFound);
  found.current = onFound;
  useEffect(() => {
    if (!signedIn) return;
    let wanted = true;
    const look = () => {
      if (document.hidden) return;
      heldSeats().then(
        ([first]) => {
          if (!wanted || !first || peekBasket()?.holdId === first.id) return;
          keepBasket(first);
          found.current();
        },
        () => undefined, // asked again later; the mail tells as well
      );
    };
    look();
    const timer = setInterval(() => localStorage.getItem(WAITS) && look(), LOOK_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      wanted = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [signedIn]);
}
