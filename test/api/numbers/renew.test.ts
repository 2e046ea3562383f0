import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expireLeases } from "../../../api/products/numbers/give-back.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { createPhoneWorld, DAY, type PhoneWorld, strangerWallet, wallet } from "../phone/phone-world.ts";

let world: PhoneWorld;
let line: string;
beforeAll(async () => {
  world = await createPhoneWorld();
});
beforeEach(async () => {
  line = await world.line(7);
});
afterAll(() => world?.close());

const leaseOf = async (phoneNumber = line) =>
  (await world.pool.query("select * from app.lease where phone_number = $1 order by leased_at desc", [phoneNumber]))
    .rows[0];
const heldBy = async (phoneNumber = line) =>
  (await world.pool.query("select held_by, free_from from carrier.number where phone_number = $1", [phoneNumber]))
    .rows[0];
const inDays = (days: number) => new Date(world.clock.nowMs() + days * DAY * 1000);
const renew = (how: Parameters<PhoneWorld["buy"]>[2] = {}) =>
  world.buy("numbers.mine.renew", { phoneNumber: line }, how);

describe("numbers.mine.renew", () => {
  it("adds thirty days and 5,000 texts to what is left, for $60", async () => {
    world.clock.advance(10 * DAY);
    const sale = world.sale("numbers.mine.renew");
    const call = world.call({ phoneNumber: line });
    const order = world.order(sale, await sale.prepare(call, { payer: wallet.address, chainId: 8453 }));
    const answer = await sale.fulfil(order);
    expect(answer).toEqual({
      success: true,
      phoneNumber: line,
      country: "US",
      orderId: order.id,
      priceUsd: 60,
      included: { texts: 5_000, periodDays: 30 },
      includedTextsLeft: 5_007,
      expiresAt: inDays(50).toISOString(),
    });
    expect(Object.keys(answer)).toEqual(Object.keys(sale.docs.exampleOutput));
    expect(await sale.fulfil(order)).toEqual(answer);
    expect(await Promise.all([sale.fulfil(order), sale.fulfil(order)])).toEqual([answer, answer]);
  });

  it("is for the holder: his sign-in whoever pays, or his own payment", async () => {
    await expect(renew({ payer: strangerWallet })).rejects.toMatchObject({ code: "line_not_found", status: 404 });
    const authorization = await world.signIn(strangerWallet);
    await expect(renew({ payer: wallet, authorization })).rejects.toMatchObject({ code: "line_not_found" });
    expect(await renew({ payer: strangerWallet, authorization: await world.signIn() })).toMatchObject({
      success: true,
    });
    expect(await renew()).toMatchObject({ includedTextsLeft: 10_007 });
  });

  it("gives thirty whole days when the lease had ended", async () => {
    world.clock.advance(33 * DAY);
    expect(await renew()).toMatchObject({ expiresAt: inDays(30).toISOString() });
    const to = "+447700900123";
    const sent = world.sale("numbers.mine.send").covered;
    const call = world.call({ phoneNumber: line, to, message: "x" }, await world.signIn());
    expect(await sent?.(call)).toMatchObject({ answer: { success: true } });
  });

  it("takes days and texts back when the chain lost the payment, once", async () => {
    const sale = world.sale("numbers.mine.renew");
    const order = world.order(sale, { leaseId: (await leaseOf()).lease_id });
    await sale.fulfil(order);
    await sale.revoke?.(order);
    await sale.revoke?.(order);
    expect(await leaseOf()).toMatchObject({ expires_at: inDays(30), included_texts_left: 7 });
  });

  it.each([[{}], [{ phoneNumber: "12" }], [undefined]])("refuses %j", async (body) => {
    await expect(world.buy("numbers.mine.renew", body)).rejects.toMatchObject({ status: 400 });
  });
});

describe("the end of a lease", () => {
  it("is seven days before the number goes back, and until then it can be renewed", async () => {
    world.clock.advance(37 * DAY - 1);
    await expireLeases(world.deps);
    expect((await heldBy()).held_by).not.toBeNull();
    await renew();
    world.clock.advance(1);
    await expireLeases(world.deps);
    expect((await heldBy()).held_by).not.toBeNull();
  });

  it("comes, the number rests, and is another's afterwards", async () => {
    world.clock.advance(37 * DAY);
    await expireLeases(world.deps);
    await expireLeases(world.deps);
    expect(await heldBy()).toEqual({ held_by: null, free_from: inDays(1) });
    await expect(renew()).rejects.toMatchObject({ code: "line_not_found" });
    world.clock.advance(DAY);
    await world.pool.query("update carrier.number set held_by = 'x' where country = 'US' and phone_number <> $1", [
      line,
    ]);
    const next = await world.buy("numbers.buy.us", { country: "US" }, { payer: strangerWallet });
    expect(next.phoneNumber).toBe(line);
    await world.pool.query("update carrier.number set held_by = null where held_by = 'x'");
  });

  it("is told to the carrier again when that said nothing", async () => {
    world.clock.advance(37 * DAY);
    await world.fault({ place: "release", kind: "silent", target: line });
    await expireLeases(world.deps);
    expect((await leaseOf()).given_back_at).toBeNull();
    await expireLeases(world.deps);
    expect((await leaseOf()).given_back_at).not.toBeNull();
  });

  it("does not wait for a hundred others that the carrier never takes back", async () => {
    await world.pool.query(
      `insert into app.lease select gen_random_uuid(), owner, chain_id, '+stuck' || n, country, tier, price_micro_usd, 0,
         leased_at, expires_at - interval '1 day' from app.lease, generate_series(1, 150) n where phone_number = $1
         and released_at is null`,
      [line],
    );
    const release: PhoneProvider["release"] = async (number) => {
      if (number.phoneNumber.startsWith("+stuck")) throw new Error("no such number");
      await world.deps.phone.release(number);
    };
    const deps = { ...world.deps, phone: { ...world.deps.phone, release } };
    world.clock.advance(36 * DAY);
    await expireLeases(deps);
    world.clock.advance(DAY);
    await expireLeases(deps);
    expect((await heldBy()).held_by).toBeNull();
    await world.pool.query("delete from app.lease where phone_number like '+stuck%'");
  });

  it("is owed to the carrier that it was bought from, when the operator has another one since", async () => {
    const other = { ...world.deps.phone, name: "other", release: async () => {} };
    world.clock.advance(37 * DAY);
    await expireLeases({ ...world.deps, phone: other });
    expect((await leaseOf()).given_back_at).toBeNull();
    await expireLeases(world.deps);
    expect([(await leaseOf()).given_back_at, (await heldBy()).held_by]).toEqual([expect.any(Date), null]);
  });

  it("credits a renewal that was paid while the number went back", async () => {
    const sale = world.sale("numbers.mine.renew");
    const order = world.order(sale, { leaseId: (await leaseOf()).lease_id });
    world.clock.advance(37 * DAY);
    await expireLeases(world.deps);
    const gone = { code: "provider_failed", details: { reason: "line_gone" } };
    await expect(sale.fulfil(order)).rejects.toMatchObject(gone);
    await expect(sale.fulfil(order)).rejects.toMatchObject(gone);
  });

  it("comes for a suspended line seven days after", async () => {
    const sale = world.sale("numbers.buy.us");
    const { lease_id: id } = await leaseOf();
    await sale.revoke?.({ ...world.order(sale, {}), id });
    world.clock.advance(7 * DAY - 1);
    await expireLeases(world.deps);
    expect((await heldBy()).held_by).toBe(id);
    world.clock.advance(1);
    await expireLeases(world.deps);
    expect((await heldBy()).held_by).toBeNull();
  });
});
