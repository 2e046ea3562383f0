import { type Address, parseEventLogs, toHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { paymentIdOf } from "../../contracts/payment-id.ts";
import { type Case, dice, feeOf, type Gateway, idOf, paidOf } from "./model.ts";
import { createWorld } from "./world.ts";

const ROUNDS = 50;
const CASES_A_ROUND = 200;
const world = await createWorld();
const { viem, client, asPayer, token } = world;
const payer = world.payer.account.address;
const roll = dice("turnpike");

const anyAddress = (): Address => toHex(roll(160) | 1n, { size: 20 });
/** Any length of number is as likely as any other. */
const anyAmount = (mostBits: number) => roll(1 + Number(roll(16) % BigInt(mostBits))) + 1n;

describe("the independent model", () => {
  it("gives the ids, fees and nets of the contract and of contracts/payment-id.ts in 10,000 cases", async () => {
    const probe = await viem.deployContract("GatewayProbe");
    for (let round = 0; round < ROUNDS; round++) {
      const gateway = await anyGateway(round);
      const cases = Array.from({ length: CASES_A_ROUND }, () => anyCase(anyAddress(), 255));
      const asked = cases.map((one) => ({ ...one, expiry: Number(one.expiry) }));
      const answers = await probe.read.ask([gateway.address, asked]);
      const expected = cases.map((one) => {
        const fee = feeOf(one.amount, gateway.feeBps);
        return { paymentId: idOf(gateway, one), fee, net: one.amount - fee };
      });
      expect(answers).toEqual(expected);
      expect(cases.map((one) => ours(gateway, one))).toEqual(expected.map(({ paymentId }) => paymentId));
    }
  });

  it("gives the Paid events of 10,000 payments of its own ids, field by field", async () => {
    await token.write.mint([payer, 2n ** 128n]);
    for (let round = 0; round < ROUNDS; round++) {
      const gateway = await anyGateway(round);
      await token.write.approve([gateway.address, 2n ** 128n], asPayer);
      const cases = Array.from({ length: CASES_A_ROUND }, () => anyCase(roll(1) ? token.address : zeroAddress, 60));
      const payments = cases.map((one) => ({ ...one, sessionId: idOf(gateway, one) }));
      const value = cases.reduce((sum, { token, amount }) => (token === zeroAddress ? sum + amount : sum), 0n);
      const contract = await viem.getContractAt("PaymentGateway", gateway.address);
      const hash = await contract.write.payBatch([payments], { ...asPayer, value, gas: 29_000_000n });
      const { logs } = await client.getTransactionReceipt({ hash });
      const events = parseEventLogs({ abi: paymentGatewayAbi, eventName: "Paid", logs }).map(({ args }) => lower(args));
      expect(events).toEqual(cases.map((one) => paidOf(gateway, payer, one)));
    }
  });
});

/** A gateway with some fee; the first two have none and the cap. */
async function anyGateway(round: number): Promise<Gateway> {
  const feeBps = round < 2 ? round * 1_000 : Number(roll(32) % 1_001n);
  const { address } = await viem.deployContract("PaymentGateway", [payer, payer, feeBps]);
  return { chainId: BigInt(world.chainId), address, feeBps: BigInt(feeBps) };
}

function anyCase(token: Address, mostBits: number): Case {
  return {
    merchant: anyAddress(),
    token,
    amount: anyAmount(mostBits),
    expiry: roll(32) | 0x8000_0000n,
    salt: roll(64),
  };
}

function ours({ chainId, address, feeBps }: Gateway, { merchant, token, amount, expiry, salt }: Case) {
  const terms = { merchant, token, amount, expiry: Number(expiry), salt };
  return paymentIdOf({ chainId: Number(chainId), gateway: address, feeBps: Number(feeBps), ...terms });
}

/** The event with addresses as the model spells them. */
function lower<T extends { payer: Address; merchant: Address; token: Address }>(args: T): T {
  const [payer, merchant, token] = [args.payer, args.merchant, args.token].map((address) => address.toLowerCase());
  return { ...args, payer, merchant, token };
}
