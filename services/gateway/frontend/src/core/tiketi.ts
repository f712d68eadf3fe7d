import { Live, Tiketi } from "@tiketi/client";

/** The one client of this page; the session is the cookie. */
export const api = new Tiketi();
export const live = new Live({ http: api.http });

globalThis.addEventListener?.("online", () => live.reconnect());
