import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../../../api/clock.ts";
import { offerLines } from "../../../api/providers/phone/smpp/lines.ts";
import { readNumbers } from "../../../api/providers/phone/smpp/numbers-file.ts";
import { createSmppWorld, LINE, type SmppWorld } from "./smpp-world.ts";

let world: SmppWorld;
let folder: string;
beforeAll(async () => {
  world = await createSmppWorld();
  folder = await mkdtemp(path.join(tmpdir(), "turnpike-smpp-"));
});
afterAll(async () => {
  await world?.close();
  await rm(folder, { recursive: true, force: true });
});

const buy = (country: string, reference = randomUUID() as string, maxCostMicroUsd?: bigint) =>
  world.phone.buyNumber({ reference, country, ...(maxCostMicroUsd !== undefined && { maxCostMicroUsd }) });
const fileOf = async (text: string) => {
  const file = path.join(folder, `${randomUUID()}.json`);
  await writeFile(file, text);
  return file;
};

describe("the operator's lines", () => {
  it("are rented out once each, the cheapest first, and again a day after they were given back", async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const copies = await Promise.all(Array.from({ length: 5 }, () => buy("US", first)));
    expect(new Set(copies.map((copy) => JSON.stringify({ ...copy, costMicroUsd: undefined }))).size).toBe(1);
    expect(copies[0]).toEqual({ kind: "bought", phoneNumber: "+12015550101", costMicroUsd: 1_000_000n });
    expect(await buy("US", randomUUID(), 1_400_000n)).toEqual({ kind: "refused", reason: "price_rose" });
    expect(await buy("US", second, 1_500_000n)).toMatchObject({ phoneNumber: LINE });
    expect(await buy("US")).toEqual({ kind: "refused", reason: "out_of_stock" });
    expect([await world.phone.stock("US"), await world.phone.stock("GB"), await world.phone.stock("FR")]).toEqual([
      0, 1, 0,
    ]);
    await world.phone.release({ reference: first, phoneNumber: LINE });
    await world.phone.release({ reference: second, phoneNumber: LINE });
    await world.phone.release({ reference: second, phoneNumber: LINE });
    expect(await world.phone.stock("US")).toBe(0);
    world.clock.advance(DAY_MS / 1000);
    expect(await world.phone.stock("US")).toBe(1);
    expect(await world.phone.findPurchase(second, new Date(0))).toMatchObject({ phoneNumber: LINE });
  });

  it("that were not bought are surely not once nobody can be about to", async () => {
    const triedAt = new Date(world.clock.nowMs());
    expect(await world.phone.findPurchase(randomUUID(), triedAt)).toEqual({ kind: "unknown" });
    world.clock.advance(world.phone.answersWithinSec);
    expect(await world.phone.findPurchase(randomUUID(), triedAt)).toEqual({ kind: "absent" });
  });

  it("that are gone from the file are not on sale, and stay with whoever holds them", async () => {
    const bought = await buy("GB");
    await offerLines(world.deps, [{ phoneNumber: "+33639980001", country: "FR", monthlyMicroUsd: 0n }]);
    expect([await world.phone.stock("US"), await world.phone.stock("FR")]).toEqual([0, 1]);
    const line = bought.kind === "bought" ? bought.phoneNumber : "";
    await world.bound();
    expect(await world.phone.sendMessage(world.text({ line }))).toEqual({ kind: "accepted" });
  });
});

describe("SMPP_NUMBERS", () => {
  it("says which numbers there are, and what they cost", async () => {
    const file = await fileOf(`[{"phoneNumber":"${LINE}","country":"US","monthlyUsd":1.15}]`);
    expect(await readNumbers(file)).toEqual([{ phoneNumber: LINE, country: "US", monthlyMicroUsd: 1_150_000n }]);
  });

  it.each([
    ["[", "is not JSON"],
    ["{}", "expected array"],
    [`[{"phoneNumber":"12015550100","country":"US"}]`, "0.phoneNumber: needs a number in E.164 form"],
    [`[{"phoneNumber":"${LINE}","country":"us"}]`, "0.country: needs two capital letters"],
    [`[{"phoneNumber":"${LINE}","country":"US","monthlyUsd":-1}]`, "0.monthlyUsd"],
    [`[{"phoneNumber":"${LINE}","country":"US","price":1}]`, "price"],
    [
      `[{"phoneNumber":"${LINE}","country":"US"},{"phoneNumber":"${LINE}","country":"US"}]`,
      "1.phoneNumber: stands twice",
    ],
  ])("that is %s is refused", async (text, complaint) => {
    const file = await fileOf(text);
    const error: Error = await readNumbers(file).then(
      () => new Error("none"),
      (refused) => refused,
    );
    expect(error.message).toContain(`SMPP_NUMBERS: ${file}: `);
    expect(error.message).toContain(complaint);
  });

  it("that is not there is named", async () => {
    await expect(readNumbers("/nowhere.json")).rejects.toThrow("SMPP_NUMBERS: /nowhere.json: cannot be read (ENOENT)");
  });
});
