import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { World } from "../../world.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../../../node_modules/@agentcash/discovery/bin/discovery.js");

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

const run = async (...args: string[]) => (await promisify(execFile)(process.execPath, [PROGRAM, ...args])).stdout;
const discovery = async (...args: string[]) => JSON.parse(await run(...args, "--json"));

describe("@agentcash/discovery", () => {
  it("finds what is sold, and no error and no warning", async () => {
    expect((await discovery("discover", world.url)).warnings).toEqual([]);
    const told = await run("discover", world.url, "--verbose");
    expect(told).not.toContain("Warnings");
    for (const { path: sold } of salesOf(world))
      expect(told).toMatch(new RegExp(`POST +${sold} .*paid .* USD +\\[x402\\]`));
  });

  it("says of everything that is sold how it is called and what it costs", async () => {
    for (const { path: sold } of salesOf(world)) {
      const { advisories, warnings } = await discovery("check", world.url + sold);
      expect([sold, warnings]).toEqual([sold, []]);
      expect(advisories).toMatchObject([{ method: "POST", source: "openapi", protocols: ["x402"], currency: "USD" }]);
    }
  });
});
