import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createWorld, GATEWAY, TOKEN, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const NEW_SLOT = 17_100;
const somebody = () => privateKeyToAccount(generatePrivateKey()).address;

type Calls = { native: { gas: number }; erc20_approve_then_pay: { payFor: { gas: number } } };

async function gasOf(fields: Record<string, unknown>, call: (calls: Calls) => number) {
  const apiId = await world.sell(fields);
  return () => world.ask(`/api/${apiId}`).then(({ body }) => call(body.data.calls));
}
const native = (merchant: string) => gasOf({ p_merchant_wallet: merchant }, (calls) => calls.native.gas);
const payFor = (merchant: string) =>
  gasOf({ p_merchant_wallet: merchant, p_token_address: TOKEN }, (calls) => calls.erc20_approve_then_pay.payFor.gas);

describe("the gas limits of a 402", () => {
  it("are within 1.3 of what the contract uses, and never below", async () => {
    const used = { native: 60_044, payFor: [66_077 + NEW_SLOT, 82_019 + NEW_SLOT] as const };
    const nativeGas = await (await native(somebody()))();
    expect(nativeGas).toBeGreaterThan(used.native);
    expect(nativeGas).toBeLessThan(used.native * 1.3);
    const tokenGas = await (await payFor(somebody()))();
    expect(tokenGas).toBeGreaterThan(used.payFor[1]);
    expect(tokenGas).toBeLessThan(used.payFor[0] * 1.3);
  });

  it("hold for a merchant whose account does not exist yet", async () => {
    const [usual, fresh] = [somebody(), somebody()];
    world.chain.balances.set(fresh.toLowerCase(), 0n);
    expect((await (await native(fresh))()) - (await (await native(usual))())).toBe(25_000);
  });

  it("hold for a merchant that is a contract", async () => {
    const [usual, contract] = [somebody(), somebody()];
    world.chain.contracts.add(contract.toLowerCase());
    expect((await (await native(contract))()) - (await (await native(usual))())).toBe(6_500);
  });

  it("hold for the first payment in a token, to merchant and gateway", async () => {
    const [usual, fresh] = [somebody(), somebody()];
    const ordinary = await (await payFor(usual))();
    world.chain.balances.set(fresh.toLowerCase(), 0n);
    world.chain.balances.set(GATEWAY, 0n);
    expect((await (await payFor(fresh))()) - ordinary).toBe(2 * NEW_SLOT);
    world.chain.balances.clear();
  });

  it("follow a wallet that is emptied later", async () => {
    const merchant = somebody();
    const quoted = await payFor(merchant);
    const before = await quoted();
    world.chain.balances.set(merchant.toLowerCase(), 0n);
    world.clock.advance(30);
    await vi.waitFor(async () => expect((await quoted()) - before).toBe(NEW_SLOT));
  });

  it("are the dearest case while no node tells", async () => {
    world.chain.isDown = true;
    const gas = await (await native(somebody()))();
    world.chain.isDown = false;
    expect(gas).toBe(47_000 + NEW_SLOT + 25_000);
  });
});
