import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyDraw } from "../../src/features/line/verify-draw.ts";

const secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const draw = {
  event_id: "evt",
  commitment: createHash("sha256").update(Buffer.from(secret, "hex")).digest("hex"),
  algorithm: "",
  secret,
  opened_at_us: 1_790_000_000_000_000,
  participants: 1000,
};

/** The published algorithm once more, with Node's own means. */
function numberOf(userId: string): number {
  const mac = createHmac("sha256", Buffer.from(secret, "hex"))
    .update(`evt:${userId}`)
    .digest("hex");
  const score = BigInt(`0x${mac}`) >> BigInt(256 - 50);
  return Number(1_790_000_000_000_000n - 1000n + ((score * 1000n) >> 50n));
}

describe("checking a draw", () => {
  it("gives everyone the number that the algorithm does", async () => {
    for (const user of ["a", "user-2", "사용자"]) {
      expect(await verifyDraw(draw, user)).toEqual({ kept: true, number: numberOf(user) });
    }
  });

  it("notices a secret that is not the one promised", async () => {
    const { kept } = await verifyDraw({ ...draw, secret: secret.replace("00", "01") }, "a");
    expect(kept).toBe(false);
  });

  it.each(["secret", "opened_at_us", "participants"])(
    "cannot be done before the opening, without the %s",
    async (unknown) => {
      await expect(verifyDraw({ ...draw, [unknown]: null }, "a")).rejects.toThrow("not published");
    },
  );

  it("takes the commitment in either case", async () => {
    const commitment = draw.commitment.toUpperCase();
    expect((await verifyDraw({ ...draw, commitment }, "a")).kept).toBe(true);
  });
});
