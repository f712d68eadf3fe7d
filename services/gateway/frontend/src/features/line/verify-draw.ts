import type { Draw } from "@tiketi/client";

export interface Verdict {
  /** Whether the published secret is the one promised before the lobby opened. */
  kept: boolean;
  /** The number that the draw gives this user. */
  number: number;
}

const SCORE_BITS = 50n;

/** The published algorithm, computed in the browser from nothing but what is published. */
export async function verifyDraw(draw: Draw, userId: string): Promise<Verdict> {
  const { secret, opened_at_us: opened, participants } = draw;
  if (secret === null || opened === null || participants === null) {
    throw new Error("the secret is not published before the opening");
  }
  const bytes = Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const commitment = hex(await crypto.subtle.digest("SHA-256", bytes));
  const key = await crypto.subtle.importKey(
    "raw",
    bytes,
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const message = new TextEncoder().encode(`${draw.event_id}:${userId}`);
  const mac = hex(await crypto.subtle.sign("HMAC", key, message));
  const score = BigInt(`0x${mac.slice(0, 14)}`) >> (56n - SCORE_BITS);
  const place = (score * BigInt(participants)) >> SCORE_BITS;
  return {
    kept: commitment === draw.commitment.toLowerCase(),
    number: Number(BigInt(opened) - BigInt(participants) + place),
  };
}

function hex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
