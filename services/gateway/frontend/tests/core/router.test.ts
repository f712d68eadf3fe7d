import { describe, expect, it } from "vitest";
import { match } from "../../src/core/router.tsx";

describe("paths", () => {
  it("give the parameters of the pattern they match", () => {
    expect(match("/events/:id/line", "/events/abc/line")).toEqual({ id: "abc" });
    expect(match("/events/:id", "/events/abc/")).toEqual({ id: "abc" });
    expect(match("/", "/")).toEqual({});
  });

  it("match nothing else", () => {
    expect(match("/events/:id", "/events/abc/line")).toBeNull();
    expect(match("/", "/orders")).toBeNull();
  });
});
