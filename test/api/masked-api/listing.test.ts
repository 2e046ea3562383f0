import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createListing } from "../../../api/products/masked-api/listing.ts";
import { type Answer, createWorld, creation, JSON_TYPE, type World } from "../../world.ts";
import { merchantWallet, signedIn, strangerWallet } from "../support/wallet.ts";

let world: World;
let merchant: Record<string, string>;
let stranger: Record<string, string>;
beforeAll(async () => {
  world = await createWorld();
  merchant = await signedIn(world, merchantWallet);
  stranger = await signedIn(world, strangerWallet);
});
afterAll(() => world?.close());

const create = (fields: Record<string, unknown>, headers: Record<string, string> = merchant): Promise<Answer> =>
  world.ask("/api/402/apis", { method: "POST", headers, body: JSON.stringify({ ...creation(world), ...fields }) });
const edit = (apiId: string, body: unknown, headers = merchant) =>
  world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers, body: JSON.stringify(body) });
const own = async (apiId: string, headers = merchant) =>
  (await world.ask(`/api/402/apis/${apiId}`, { headers })).body.data;

type Item = { resource: string; accepts: { payTo: string; amount: string }[]; description: string };
const items = async (from = world): Promise<Item[]> =>
  (await from.ask("/discovery/resources?limit=100&scheme=gateway-session")).body.items;
const listedIds = async (from = world): Promise<string[]> =>
  (await items(from)).map(({ resource }) => resource.slice(-36));

describe("p_is_listed of POST /api/402/apis", () => {
  it("200 for the merchant who has signed in: discovery shows it, and nothing of what lies behind", async () => {
    const { status, body } = await create({
      p_is_listed: true,
      p_name: "Listed weather",
      p_description: "Hourly",
      p_api_url: `${world.upstream.url}/json?hidden=1`,
      p_upstream_headers: { "x-secret": "behind-the-mask" },
    });
    expect(status).toBe(200);
    expect((await own(body.apiId)).is_listed).toBe(true);
    const item = (await items()).find(({ resource }) => resource === `${world.url}/api/${body.apiId}`);
    expect(item).toMatchObject({
      description: "Listed weather: Hourly",
      accepts: [{ amount: "100000000000000000", payTo: merchantWallet.address }],
    });
    for (const path of ["/discovery/resources", "/api/v1/discovery", "/llms.txt"]) {
      const { text } = await world.ask(path);
      expect(text).toContain(body.apiId);
      for (const secret of [world.upstream.host, "hidden", "x-secret", "behind-the-mask"])
        expect(text).not.toContain(secret);
    }
  });

  it("200 for anybody when it is not asked for, and then nobody is shown it", async () => {
    for (const fields of [{}, { p_is_listed: false }, { p_is_listed: null }]) {
      const { status, body } = await create(fields, JSON_TYPE);
      expect(status).toBe(200);
      expect((await own(body.apiId)).is_listed).toBe(false);
      expect(await listedIds()).not.toContain(body.apiId);
    }
  });

  it("401 without a sign-in, 403 for a stranger's, and nothing is put on sale", async () => {
    const sold = async () => (await world.ask("/api/402/apis", { headers: merchant })).body.meta.count;
    const before = await sold();
    expect((await create({ p_is_listed: true }, JSON_TYPE)).status).toBe(401);
    const bad = { ...JSON_TYPE, Authorization: `Bearer ${"A".repeat(43)}` };
    expect((await create({ p_is_listed: true }, bad)).status).toBe(401);
    expect((await create({ p_is_listed: true }, stranger)).status).toBe(403);
    expect(await sold()).toBe(before);
  });

  it.each(["yes", 1, {}])("400 for %j", async (value) => {
    const { status, body } = await create({ p_is_listed: value });
    expect([status, body.data.field]).toEqual([400, "p_is_listed"]);
  });
});

describe("p_is_listed of PATCH /api/402/apis/:id", () => {
  it("lists and unlists without a new version: quotes and terms stay what they are", async () => {
    const apiId = await world.sell();
    const listed = await edit(apiId, { p_is_listed: true });
    expect(listed.body.data).toMatchObject({ is_listed: true, version: 1 });
    expect(await listedIds()).toContain(apiId);
    for (const off of [false, null]) {
      expect((await edit(apiId, { p_is_listed: off })).body.data).toMatchObject({ is_listed: false, version: 1 });
      expect(await listedIds()).not.toContain(apiId);
      await edit(apiId, { p_is_listed: true });
    }
  });

  it("goes with other changes, and stays what it is without being named", async () => {
    const apiId = await world.sell();
    const both = await edit(apiId, { p_is_listed: true, p_amount_wei: "5" });
    expect(both.body.data).toMatchObject({ is_listed: true, version: 2, amount_wei: "5" });
    expect((await edit(apiId, { p_amount_wei: "6" })).body.data).toMatchObject({ is_listed: true, version: 3 });
    const item = (await items()).find(({ resource }) => resource.endsWith(apiId));
    expect(item?.accepts).toMatchObject([{ amount: "6" }]);
  });

  it("ends with a new merchant, who alone may list it again", async () => {
    const apiId = await world.sell();
    await edit(apiId, { p_is_listed: true });
    const given = { p_merchant_wallet: strangerWallet.address };
    const refused = await edit(apiId, { ...given, p_is_listed: true });
    expect([refused.status, refused.body.message]).toEqual([403, "Only its new merchant may list it."]);
    expect(await listedIds()).toContain(apiId);
    expect((await edit(apiId, given)).body.data).toMatchObject({ is_listed: false });
    expect(await listedIds()).not.toContain(apiId);
    expect((await edit(apiId, { p_is_listed: true })).status).toBe(403);
    expect((await edit(apiId, { p_is_listed: true }, stranger)).status).toBe(200);
    expect(await listedIds()).toContain(apiId);
  });

  it("never shows what was given away, whichever of two requests at the same time comes first", async () => {
    for (let round = 0; round < 8; round++) {
      const apiId = await world.sell();
      await Promise.all([
        edit(apiId, { p_is_listed: true }),
        edit(apiId, { p_merchant_wallet: strangerWallet.address }),
      ]);
      expect(await own(apiId, stranger)).toMatchObject({ is_listed: false, version: 2 });
    }
  });
});

describe("what is listed", () => {
  it("is on sale: paused and deleted ones are not shown, resumed ones are", async () => {
    const apiId = (await create({ p_is_listed: true })).body.apiId;
    const change = (method: string, path = "") =>
      world.ask(`/api/402/apis/${apiId}${path}`, { method, headers: merchant });
    await change("POST", "/pause");
    expect(await listedIds()).not.toContain(apiId);
    await change("POST", "/resume");
    expect(await listedIds()).toContain(apiId);
    await change("DELETE");
    expect(await listedIds()).not.toContain(apiId);
  });

  it("is in the order of listing, each once on exactly one page, with the right total", async () => {
    for (let more = 0; more < 5; more++) {
      world.clock.advance(1);
      await create({ p_is_listed: true });
    }
    const all = (await world.ask("/discovery/resources?limit=100")).body;
    const seen: string[] = [];
    for (let offset = 0, total = 1; offset < total; offset += 2) {
      const page = (await world.ask(`/discovery/resources?limit=2&offset=${offset}`)).body;
      seen.push(...page.items.map(({ resource }: Item) => resource));
      total = page.pagination.total;
    }
    expect(seen).toEqual(all.items.map(({ resource }: Item) => resource));
    expect(new Set(seen).size).toBe(all.pagination.total);
    world.clock.advance(1);
    const last = (await create({ p_is_listed: true })).body.apiId;
    expect((await listedIds()).at(-1)).toBe(last);
  });

  it("is read once for all who ask, and by other processes as soon as they hear of a change", async () => {
    const sibling = await world.sibling();
    const apiId = (await create({ p_is_listed: true })).body.apiId;
    await expect.poll(() => listedIds(sibling)).toContain(apiId);
    const askMuch = () => Promise.all(Array.from({ length: 20 }, () => listedIds()));
    await askMuch();
    expect(await queriesDuring(askMuch)).toBe(0);
    world.server.deps.changes.tell(apiId);
    expect(await queriesDuring(askMuch)).toBe(1);
    // What happens elsewhere in the shop is no reason to read it again.
    for (const what of ["fees", `code-order:${apiId}`]) world.server.deps.changes.tell(what);
    expect(await queriesDuring(askMuch)).toBe(0);
    await sibling.close();
  });

  it("is made anew only where it has changed", async () => {
    const apiId = (await create({ p_is_listed: true })).body.apiId;
    const listing = createListing(world.server.deps);
    const before = await listing.all();
    await edit(apiId, { p_amount_wei: "77" });
    const after = await listing.all();
    expect(after.map((api, at) => api === before[at])).toEqual(before.map((api) => api.apiId !== apiId));
    expect(after.find((api) => api.apiId === apiId)?.amountWei).toBe(77n);
  });
});

/** Statements that the world's own server sends meanwhile. */
async function queriesDuring(work: () => Promise<unknown>): Promise<number> {
  const { pool } = world.server.deps.db;
  const original = pool.query;
  let count = 0;
  pool.query = ((...args: unknown[]) => {
    if (JSON.stringify(args[0]).includes("listed-masked-apis")) count++;
    return (original as (...all: unknown[]) => unknown).apply(pool, args);
  }) as typeof pool.query;
  await work();
  pool.query = original;
  return count;
}
