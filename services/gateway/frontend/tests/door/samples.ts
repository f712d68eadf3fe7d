import { type KeyObject, sign } from "node:crypto";
import type { Manifest } from "../../src/features/door/code.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const EVENT = "0123456789abcdefghjk";
export const TICKET = "mnpqrstvwxyz01234567";

function base32(bytes: Buffer): string {
  const length = Math.ceil((bytes.length * 8) / 5);
  const value = BigInt(`0x${bytes.toString("hex")}`) << BigInt(length * 5 - bytes.length * 8);
  return Array.from(
    { length },
    (_, i) => ALPHABET[Number((value >> BigInt((length - 1 - i) * 5)) & 31n)],
  ).join("");
}

/** A ticket code as booking signs it. */
export function codeOf(key: KeyObject, event = EVENT, ticket = TICKET): string {
  const signed = `TK1AB12${event}${ticket}`.toUpperCase();
  return signed + base32(sign(null, Buffer.from(signed), key));
}

export function manifestOf(publicKey: KeyObject): Manifest {
  return {
    event_id: EVENT,
    event: "Concert",
    starts_at: "2027-01-01T10:00:00Z",
    keys: [{ key_id: "AB12", x: publicKey.export({ format: "jwk" }).x as string }],
    revoked: [],
    used: [],
    as_of: "2026-11-23T20:00:00Z",
  };
}
