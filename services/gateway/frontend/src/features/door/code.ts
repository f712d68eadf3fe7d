import type { contract } from "@tiketi/client";

/** What a door takes along to work offline. */
export type Manifest = contract.Manifest;

export type Outcome =
  | "admitted"
  | "already_used"
  | "ticket_cancelled"
  | "wrong_event"
  | "unknown_ticket";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE = /^TK1[0-9A-HJKMNP-TV-Z]{147}$/;
const SIGNED = 47;
const SIGNATURE_BYTES = 64;

/** `TK1`, key id (4), event id (20), ticket id (20), signature (103): Crockford base32. */
export interface ParsedCode {
  keyId: string;
  eventId: string;
  ticketId: string;
  signed: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

export function parseCode(text: string): ParsedCode | null {
  const code = text.trim().toUpperCase();
  if (!CODE.test(code)) return null;
  return {
    keyId: code.slice(3, 7),
    eventId: code.slice(7, 27).toLowerCase(),
    ticketId: code.slice(27, SIGNED).toLowerCase(),
    signed: new TextEncoder().encode(code.slice(0, SIGNED)),
    signature: fromBase32(code.slice(SIGNED)),
  };
}

/** What an online door would say, as far as this device can know. */
export async function checkOffline(
  text: string,
  manifest: Manifest,
  usedHere: ReadonlySet<string>,
): Promise<{ outcome: Outcome; ticketId: string | null }> {
  const code = parseCode(text);
  if (!code || !(await isGenuine(code, manifest))) {
    return { outcome: "unknown_ticket", ticketId: null };
  }
  return { outcome: judge(code, manifest, usedHere), ticketId: code.ticketId };
}

function judge(code: ParsedCode, manifest: Manifest, usedHere: ReadonlySet<string>): Outcome {
  if (code.eventId !== manifest.event_id) return "wrong_event";
  if (manifest.revoked.includes(code.ticketId)) return "ticket_cancelled";
  if (usedHere.has(code.ticketId) || manifest.used.includes(code.ticketId)) return "already_used";
  return "admitted";
}

async function isGenuine(code: ParsedCode, manifest: Manifest): Promise<boolean> {
  const known = manifest.keys.find(({ key_id }) => key_id === code.keyId);
  if (!known) return false;
  const jwk = { kty: "OKP", crv: "Ed25519", x: known.x };
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, code.signature, code.signed);
}

/** Whether this browser can verify codes by itself. */
export async function canVerify(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

/** Most significant bit first; the bits that fill the last character are left out. */
function fromBase32(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIGNATURE_BYTES);
  let [bits, have, at] = [0, 0, 0];
  for (const character of text) {
    bits = (bits << 5) | ALPHABET.indexOf(character);
    have += 5;
    if (have < 8 || at === SIGNATURE_BYTES) continue;
    have -= 8;
    bytes[at++] = bits >> have;
    bits &= (1 << have) - 1;
  }
  return bytes;
}
