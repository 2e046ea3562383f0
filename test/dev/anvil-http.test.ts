import { describe, expect, it } from "vitest";
import { inRange } from "../../dev/anvil-http.ts";

const outOfRange = () =>
  Object.assign(new Error("RPC Request failed."), {
    details: "BlockOutOfRangeError: block height is 38 but requested was 37",
  });

describe("what is asked of an anvil that mines meanwhile", () => {
  it("is asked again while the block has just gone by", async () => {
    let asked = 0;
    const answer = inRange(async () => {
      if (++asked < 3) throw outOfRange();
      return "0x1";
    });
    await expect(answer).resolves.toBe("0x1");
  });

  it("is given up when it never is in range, and at once for anything else", async () => {
    let asked = 0;
    const failing = (error: Error) => () => {
      asked++;
      return Promise.reject(error);
    };
    await expect(inRange(failing(outOfRange()))).rejects.toThrow("RPC Request failed.");
    expect(asked).toBe(5);
    await expect(inRange(failing(new Error("execution reverted")))).rejects.toThrow("execution reverted");
    expect(asked).toBe(6);
  });
});
