// @vitest-environment happy-dom
import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { DoorBook } from "../../src/features/door/book.ts";
import { canVerify, checkOffline, type Manifest, parseCode } from "../../src/features/door/code.ts";
import { codeOf, EVENT, manifestOf, TICKET } from "./samples.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const manifest = manifestOf(publicKey);
const nobody = new Set<string>();

describe("a door without a network", () => {
  it("lets in whoever has a genuine code, typed in any case", async () => {
    const code = ` ${codeOf(privateKey).toLowerCase()} `;
    expect(await checkOffline(code, manifest, nobody)).toEqual({
      outcome: "admitted",
      ticketId: TICKET,
    });
  });

  it("refuses a code that somebody else signed, or that was changed", async () => {
    const forged = codeOf(generateKeyPairSync("ed25519").privateKey);
    expect((await checkOffline(forged, manifest, nobody)).outcome).toBe("unknown_ticket");
    const code = codeOf(privateKey);
    const changed = `${code.slice(0, 40)}${code[40] === "0" ? "1" : "0"}${code.slice(41)}`;
    expect((await checkOffline(changed, manifest, nobody)).outcome).toBe("unknown_ticket");
  });

  it("knows the key by its name, among those of the manifest", async () => {
    const outcome = async (...keys: Manifest["keys"]) =>
      (await checkOffline(codeOf(privateKey), { ...manifest, keys }, nobody)).outcome;
    const [mine] = manifest.keys as [Manifest["keys"][number]];
    const [other] = manifestOf(generateKeyPairSync("ed25519").publicKey).keys;
    expect(await outcome({ key_id: "ZZ99", x: other?.x ?? "" }, mine)).toBe("admitted");
    expect(await outcome({ ...mine, key_id: "ZZ99" })).toBe("unknown_ticket");
    expect(await outcome()).toBe("unknown_ticket");
  });

  it("refuses a code with anything before or behind it", () => {
    const code = codeOf(privateKey);
    expect(parseCode(code)).not.toBeNull();
    for (const text of [`0${code}`, `${code}0`, `${code}\n${code}`, code.slice(0, -1)]) {
      expect(parseCode(text)).toBeNull();
    }
  });

  it("reads the parts of a code", () => {
    const code = codeOf(privateKey);
    expect(parseCode(code)).toMatchObject({ keyId: "AB12", eventId: EVENT, ticketId: TICKET });
    expect(new TextDecoder().decode(parseCode(code)?.signed)).toBe(code.slice(0, 47));
  });

  it("says whether this browser can verify codes", async () => {
    expect(await canVerify()).toBe(true);
    const generate = vi.spyOn(crypto.subtle, "generateKey");
    generate.mockRejectedValue(new DOMException("unknown algorithm", "NotSupportedError"));
    expect(await canVerify()).toBe(false);
  });

  it("refuses what is no code at all", async () => {
    expect(parseCode("hello")).toBeNull();
    expect((await checkOffline("hello", manifest, nobody)).outcome).toBe("unknown_ticket");
  });

  it("refuses tickets of another event, refunded ones, and those that are inside", async () => {
    const code = codeOf(privateKey);
    const outcome = async (change: Partial<Manifest>, here = nobody) =>
      (await checkOffline(code, { ...manifest, ...change }, here)).outcome;
    expect(await outcome({ event_id: "zzzzzzzzzzzzzzzzzzzz" })).toBe("wrong_event");
    expect(await outcome({ revoked: [TICKET] })).toBe("ticket_cancelled");
    expect(await outcome({ used: [TICKET] })).toBe("already_used");
    expect(await outcome({}, new Set([TICKET]))).toBe("already_used");
  });
});

describe("what a door remembers", () => {
  let book: DoorBook;
  beforeEach(() => {
    localStorage.clear();
    book = new DoorBook(EVENT, localStorage);
  });

  it("outlives a reload", () => {
    book.manifest = manifest;
    book.markUsed(TICKET);
    book.add({ code: "x", scanned_at: "2026-11-23T20:00:00Z", device: "door-1" });
    const again = new DoorBook(EVENT, localStorage);
    expect(again.manifest).toEqual(manifest);
    expect(again.usedHere.has(TICKET)).toBe(true);
    expect(again.pending).toHaveLength(1);
  });

  it("keeps scans that were made while others were being sent", () => {
    for (const code of ["a", "b"]) book.add({ code, scanned_at: "", device: "d" });
    book.add({ code: "c", scanned_at: "", device: "d" });
    book.sent(2);
    expect(book.pending.map(({ code }) => code)).toEqual(["c"]);
  });
});
