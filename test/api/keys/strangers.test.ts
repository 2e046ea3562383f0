import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { type Desk, KEYS, openDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.world.close());

/** Everything that can be asked about a key. */
const askings = (keyId: string) => [
  { path: KEYS, method: "GET" },
  { path: KEYS, method: "POST", body: {} },
  { path: `${KEYS}/${keyId}`, method: "PATCH", body: { name: "mine" } },
  { path: `${KEYS}/${keyId}/rotate`, method: "POST" },
  { path: `${KEYS}/${keyId}`, method: "DELETE" },
];

describe("401 and 403: who may not", () => {
  it.each([
    ["nobody", {}, "unauthorized"],
    ["a sign-in that is none", { Authorization: `Bearer ${"a".repeat(43)}` }, "unauthorized"],
    ["a key that is none", { "X-API-Key": `tpk_${"a".repeat(43)}` }, "invalid_api_key"],
    ["an empty key", { "X-API-Key": "" }, "invalid_api_key"],
    ["a key with a space", { "X-API-Key": "tpk_ a" }, "invalid_api_key"],
    ["a key as a sign-in", { Authorization: `Bearer tpk_${"a".repeat(39)}` }, "unauthorized"],
  ])("%s", async (_, headers, error) => {
    const { body } = await desk.make();
    for (const { path, ...asking } of askings(body.key_id)) {
      const answer = await desk.ask(path, { ...asking, headers: headers as unknown as Record<string, string> });
      expect([answer.status, answer.body.error]).toEqual([401, error]);
    }
  });

  it("a key that may not manage, with a cap or without, not even itself", async () => {
    for (const wish of [{ cap_usd: 5 }, {}]) {
      const { key, body, signedIn } = await desk.make(wish);
      for (const { path, ...asking } of askings(body.key_id)) {
        const answer = await desk.ask(path, { ...asking, headers: key });
        expect([answer.status, answer.body.error]).toEqual([403, "key_may_not"]);
      }
      expect((await desk.ask(KEYS, { headers: signedIn })).body.keys).toMatchObject([{ name: "", revoked_at: null }]);
    }
  });

  it("a good sign-in beside a bad key: the key is what was sent to act", async () => {
    const { signedIn, body } = await desk.make();
    for (const { path, ...asking } of askings(body.key_id)) {
      const answer = await desk.ask(path, { ...asking, headers: { ...signedIn, "X-API-Key": "tpk_bad" } });
      expect(answer.status).toBe(401);
    }
  });
});

describe("404: keys of others, which nobody is told of", () => {
  it("by sign-in as another wallet, and by a managing key of another account", async () => {
    const { body, signedIn } = await desk.make();
    const stranger = await desk.make({ may_manage: true });
    for (const headers of [stranger.key, stranger.signedIn, await signedInAs(desk.world, wallet())]) {
      for (const { path, ...asking } of askings(body.key_id).slice(2)) {
        const answer = await desk.ask(path, { ...asking, headers });
        expect([answer.status, answer.body.message]).toEqual([404, "There is no such key."]);
      }
    }
    expect((await desk.ask(KEYS, { headers: signedIn })).body.keys).toMatchObject([{ name: "", revoked_at: null }]);
  });

  it("by a contract wallet of the same address on another chain, which may be somebody else's", async () => {
    const { owner, body, signedIn } = await desk.make();
    const { body: asked } = await desk.world.ask(`/api/v1/auth/siwe?address=${owner.address}&chainId=43114`);
    desk.world.chain.isContractWallet = true;
    const signature = `0x${"11".repeat(65)}`;
    const given = { message: asked.message, signature };
    const { body: contract } = await desk.ask("/api/v1/auth/siwe", { method: "POST", body: given, headers: {} });
    desk.world.chain.isContractWallet = false;
    const headers = { Authorization: `Bearer ${contract.token}` };
    expect((await desk.ask(KEYS, { headers })).body.keys).toEqual([]);
    expect((await desk.ask(`${KEYS}/${body.key_id}`, { method: "DELETE", headers })).status).toBe(404);
    const made = await desk.ask(KEYS, { method: "POST", body: {}, headers });
    expect(made.body.account).toEqual({ address: owner.address.toLowerCase(), network: "eip155:43114" });
    const both = (await desk.ask(KEYS, { headers: signedIn })).body.keys;
    expect(both.map(({ key_id }: { key_id: string }) => key_id).sort()).toEqual([body.key_id, made.body.key_id].sort());
  });

  it("and ids that are none", async () => {
    const { signedIn } = await desk.make();
    for (const id of ["x", "00000000-0000-0000-0000-000000000000", "%00", "..%2f"])
      expect((await desk.ask(`${KEYS}/${id}`, { method: "DELETE", headers: signedIn })).status).toBe(404);
  });
});

describe("a key that is revoked while it is used", () => {
  it("makes no key afterwards, however close the two come", async () => {
    for (let round = 0; round < 8; round++) {
      const { key, body, signedIn } = await desk.make({ may_manage: true });
      const made = Array.from({ length: 4 }, () => desk.ask(KEYS, { method: "POST", body: {}, headers: key }));
      const ended = desk.ask(`${KEYS}/${body.key_id}`, { method: "DELETE", headers: signedIn });
      const statuses = (await Promise.all(made)).map(({ status }) => status);
      expect((await ended).status).toBe(200);
      expect(statuses.every((status) => status === 200 || status === 401)).toBe(true);
      const { keys } = (await desk.ask(KEYS, { headers: signedIn })).body;
      expect(keys.length - 1).toBe(statuses.filter((status) => status === 200).length);
      expect((await desk.ask(KEYS, { method: "POST", body: {}, headers: key })).status).toBe(401);
    }
  });
});
