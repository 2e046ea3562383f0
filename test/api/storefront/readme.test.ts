import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { endpointTable } from "../../../api/storefront/endpoint-table.ts";
import { ENDPOINTS } from "../../../api/storefront/endpoints.ts";
import type { World } from "../../world.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

it("README's table of endpoints is the one that /llms.txt shows", async () => {
  const readme = readFileSync(path.resolve(import.meta.dirname, "../../../README.md"), "utf8");
  const [, shown = ""] = /## Endpoints\n\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const table = endpointTable({ groups: ENDPOINTS, sales: salesOf(world) });
  expect(shown.trim()).toBe(table);
  expect((await world.ask("/llms.txt")).text).toContain(table);
});
