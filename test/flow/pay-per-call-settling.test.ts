import { type Address, encodeFunctionData, type Hex, parseAbi, serializeErc6492Signature, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { USDC } from "../indexer/base.ts";
import { deploy, PAYER } from "../indexer/chain.ts";
import { movedInTest, type Payment, payerNo, type Settling, startSettling } from "./settling.ts";

const CROWD = 50;

let settling: Settling;
beforeAll(async () => {
  settling = await startSettling();
  for (let index = 0; index < CROWD; index++) await settling.onBase.usdc.mint(payerNo(index).address, 1_000n);
});
afterAll(() => settling?.stop());

const since = movedInTest(() => settling);
const verify = ({ payload, requirements }: Payment, by = settling.facilitator) => by.verify(payload, requirements);
const settle = ({ payload, requirements }: Payment, by = settling.facilitator) => by.settle(payload, requirements);
const crowd = (wish = {}) =>
  Promise.all(Array.from({ length: CROWD }, (_, index) => settling.payment({ payer: payerNo(index), ...wish })));

describe("one payment", () => {
  it("goes straight to USDC, and its copies with it", async () => {
    const payment = await settling.payment();
    expect(await verify(payment)).toEqual({ ok: true });
    const outcomes = await Promise.all([settle(payment), settle(payment), settle(payment)]);
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    expect(outcomes[0]).toMatchObject({ ok: true });
    const { txHash } = outcomes[0] as { txHash: Hex };
    expect((await settling.onBase.client.getTransaction({ hash: txHash })).to).toBe(USDC.address.toLowerCase());
    expect(await since()).toEqual({ received: 5n, sent: 1 });
    expect(await settle(payment)).toEqual({ ok: false, reason: "already_used" });
    expect(await verify(payment)).toEqual({ ok: false, reason: "already_used" });
  });

  it("costs its payer what is told of his balance", async () => {
    const { address } = payerNo(0);
    const has = await settling.facilitator.balanceOf(address);
    expect(await settle(await settling.payment())).toMatchObject({ ok: true });
    expect(await settling.facilitator.balanceOf(address)).toBe((has ?? 0n) - 5n);
  });

  it("that is not covered is refused, before and after it was sent", async () => {
    const payment = await settling.payment({ value: 1_000_000n });
    expect(await verify(payment)).toEqual({ ok: false, reason: "insufficient_funds" });
    expect(await settle(payment)).toEqual({ ok: false, reason: "refused" });
    expect((await since()).received).toBe(0n);
  });
});

describe("T6: many payers at once", () => {
  it("are all settled by one key, in fewer transactions than payers", async () => {
    const payments = await crowd();
    const outcomes = await Promise.all(payments.map((payment) => settle(payment)));
    expect(outcomes.filter(({ ok }) => ok === true)).toHaveLength(CROWD);
    const { received, sent } = await since();
    expect(received).toBe(BigInt(5 * CROWD));
    expect(sent).toBeLessThan(CROWD / 2);
  });

  it("are all settled by two processes with the same key", async () => {
    const other = await settling.another();
    const payments = await crowd();
    const outcomes = await Promise.all(
      payments.map((payment, index) => settle(payment, index % 2 ? other : settling.facilitator)),
    );
    expect(outcomes.filter(({ ok }) => ok === true)).toHaveLength(CROWD);
    expect((await since()).received).toBe(BigInt(5 * CROWD));
  });

  it("do not fall with one of them who cannot pay", async () => {
    const payments = [...(await crowd()).slice(0, 10), await settling.payment({ value: 1_000_000n })];
    const outcomes = await Promise.all(payments.map((payment) => settle(payment)));
    expect(outcomes.map(({ ok }) => ok)).toEqual([...Array(10).fill(true), false]);
  });

  it("are settled one by one while the receiver is paused", async () => {
    const { client, receiver } = settling.onBase;
    const turn = async (functionName: "pause" | "unpause") => {
      const call = { address: receiver.address, abi: ownerAbi, functionName, account: PAYER, chain: null } as const;
      await client.waitForTransactionReceipt({ hash: await client.writeContract(call) });
    };
    await turn("pause");
    const payments = (await crowd()).slice(0, 10);
    const outcomes = await Promise.all(payments.map((payment) => settle(payment)));
    await turn("unpause");
    expect(outcomes.filter(({ ok }) => ok === true)).toHaveLength(10);
    expect((await since()).received).toBe(50n);
  });
});

describe("payers that are contracts", () => {
  const wallet = async (name: string, args: unknown[] = []): Promise<Address> => {
    const { address } = await deploy(settling.onBase.client, `test/mocks/PayerWallets.sol/${name}`, args);
    await settling.onBase.usdc.mint(address, 1_000n);
    return address;
  };

  it("pay with what they take for a signature (ERC-1271)", async () => {
    const from = await wallet("OwnedWallet", [payerNo(1).address]);
    const payment = await settling.payment({ payer: payerNo(1), from });
    expect(await verify(payment)).toEqual({ ok: true });
    expect(await settle(payment)).toMatchObject({ ok: true });
    const forged = await settling.payment({ payer: payerNo(2), from });
    expect(await verify(forged)).toEqual({ ok: false, reason: "invalid_signature" });
  });

  it("pay from an account that delegates to a wallet (EIP-7702), if that takes signatures", async () => {
    const [able, mute] = [payerNo(3), payerNo(4)];
    const owned = await wallet("OwnedWallet", [zeroAddress]);
    const silent = await wallet("MuteWallet");
    const delegate = (account: Address, to: Address) =>
      settling.onBase.client.setCode({ address: account, bytecode: `0xef0100${to.slice(2)}` });
    await delegate(able.address, owned);
    await delegate(mute.address, silent);
    const good = await settling.payment({ payer: able });
    const bad = await settling.payment({ payer: mute });
    const answers = [await verify(good), await settle(good), await verify(bad)];
    for (const { address } of [able, mute]) await settling.onBase.client.setCode({ address, bytecode: "0x" });
    expect(answers).toMatchObject([{ ok: true }, { ok: true }, { ok: false, reason: "invalid_signature" }]);
  });

  it("are refused while they are not deployed (ERC-6492): nobody's factory is called at our cost", async () => {
    const factory = (await deploy(settling.onBase.client, "test/mocks/PayerWallets.sol/WalletFactory")).address;
    const owner = payerNo(5);
    const abi = parseAbi(["function addressOf(address) view returns (address)", "function deploy(address)"]);
    const args = [owner.address] as const;
    const from = await settling.onBase.client.readContract({ address: factory, abi, functionName: "addressOf", args });
    await settling.onBase.usdc.mint(from, 1_000n);
    const data = encodeFunctionData({ abi, functionName: "deploy", args });
    const wrap = (signature: Hex) => serializeErc6492Signature({ address: factory, data, signature });
    const payment = await settling.payment({ payer: owner, from, wrap });
    expect(await verify(payment)).toEqual({ ok: false, reason: "wallet_not_deployed" });
    expect(await since()).toEqual({ received: 0n, sent: 0 });
  });

  it("are refused with what only looks wrapped, whoever they are, and with a wrapper that is no longer needed", async () => {
    const deployed = await wallet("OwnedWallet", [payerNo(6).address]);
    const wrap = (signature: Hex) => serializeErc6492Signature({ address: USDC.address, data: "0x1234", signature });
    const junk = (): Hex => `0x${"11".repeat(65)}${"6492".repeat(16)}`;
    const payments = [
      { payer: payerNo(6), wrap },
      { payer: payerNo(6), wrap: junk },
      { payer: payerNo(6), from: deployed, wrap },
    ];
    const refused = { ok: false, reason: "wallet_not_deployed" };
    for (const wish of payments) expect(await verify(await settling.payment(wish))).toEqual(refused);
  });
});

describe("T10: a node that is away", () => {
  it("leaves everything unknown and refuses nobody, and its URL is told to nobody", async () => {
    const away = await settling.another({ rpcUrl: "http://127.0.0.1:1/v2/SECRET_API_KEY" });
    const payment = await settling.payment();
    expect(await verify(payment, away)).toEqual({ ok: "unknown" });
    expect(await settle(payment, away)).toEqual({ ok: "unknown" });
    expect([await away.health(), await away.balanceOf(payment.authorization.from)]).toEqual([false, undefined]);
    for (const told of ["a payment could not be verified", "a settlement could not be sent"])
      expect(settling.logs.filter((line) => line.includes(told)).join()).toContain("HttpRequestError");
    expect(settling.logs.join()).not.toContain("SECRET");
    expect(await settle(payment)).toMatchObject({ ok: true });
  });

  it("takes no payment on with an empty gas tank", async () => {
    const broke = await settling.another({ key: `0x${"77".repeat(32)}` });
    expect(await verify(await settling.payment(), broke)).toEqual({ ok: "unknown" });
    expect(await broke.health()).toBe(false);
  });
});

const ownerAbi = parseAbi(["function pause()", "function unpause()"]);
