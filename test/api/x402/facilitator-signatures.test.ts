import type { PaymentPayload } from "@x402/core/types";
import { getAddress, type Hex, serializeErc6492Signature, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { isSignedByKey } from "../../../api/providers/facilitator/signed-by-key.ts";
import { base, baseSepolia } from "../../../contracts/chains.ts";
import { type Signed, signed, wallet } from "./payer.ts";

const ORDER_OF_CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const RECEIVER = "0x2222222222222222222222222222222222222222";
const asked = {
  ...{ scheme: "exact", network: base.caip2, asset: base.usdc.address, payTo: RECEIVER, amount: "50000" },
  ...{ maxTimeoutSeconds: 300, extra: {} },
} as const;

const pay = () => signed(asked, { payer: wallet(), nowSec: 1_800_000_000 });
const isSigned = (payload: unknown, chain = base) =>
  isSignedByKey({ x402Version: 2, accepted: asked, payload } as PaymentPayload, chain);
const changed = async (change: (signed: Signed) => unknown) => isSigned(change(await pay()));
const signedAs = (signature: (own: Hex) => unknown) =>
  changed(({ authorization, signature: own }) => ({ authorization, signature: signature(own) }));

describe("a payment signed by its payer's own key", () => {
  it("is known without asking anybody, however its addresses are spelled", async () => {
    const { authorization, signature } = await pay();
    const spellings = [
      (address: string) => address,
      (address: string) => address.toLowerCase(),
      (address: string) => `0x${address.slice(2).toUpperCase()}`,
      (address: string) => getAddress(address).replace(/[a-f]/, (letter) => letter.toUpperCase()),
    ];
    for (const spelled of spellings)
      expect(
        await isSigned({ authorization: { ...authorization, from: spelled(authorization.from) }, signature }),
      ).toBe(true);
  });

  it("is another one as soon as anything in it is changed, or its chain", async () => {
    const changes = { from: wallet().address, to: base.usdc.address, value: "1", validAfter: "1" };
    const more = { validBefore: "99999999999", nonce: toHex(7, { size: 32 }) };
    for (const [name, value] of Object.entries({ ...changes, ...more })) {
      const isStill = await changed(({ authorization, signature }) => ({
        authorization: { ...authorization, [name]: value },
        signature,
      }));
      expect([name, isStill]).toEqual([name, false]);
    }
    expect(await isSigned(await pay(), baseSepolia)).toBe(false);
  });

  it.each<[string, (own: Hex) => unknown]>([
    ["made up", () => `0x${"11".repeat(65)}`],
    ["of nothing", () => `0x${"00".repeat(64)}1b`],
    ["wrapped for a wallet that is not deployed", (own) => wrapped(own)],
    ["with that wrapper's mark behind anything", (own) => `${own}${"6492".repeat(16)}`],
    ["one byte short", (own) => own.slice(0, -2)],
    ["with a parity for its last byte, which USDC does not take", (own) => `${own.slice(0, -2)}00`],
    ["its mirror image, which USDC does not take", mirrored],
    ["absent", () => undefined],
  ])("is not one whose signature is %s", async (_, signature) => {
    expect(await signedAs((own) => own)).toBe(true);
    expect(await signedAs(signature)).toBe(false);
  });

  it("is not what is no payment at all", async () => {
    const { signature } = await pay();
    for (const payload of [{}, { signature }, { authorization: null, signature }, { authorization: {}, signature }])
      expect(await isSigned(payload)).toBe(false);
  });
});

const wrapped = (signature: Hex): Hex =>
  serializeErc6492Signature({ address: base.usdc.address, data: "0x1234", signature });

function mirrored(own: Hex): Hex {
  const s = ORDER_OF_CURVE - BigInt(`0x${own.slice(66, 130)}`);
  return `0x${own.slice(2, 66)}${toHex(s, { size: 32 }).slice(2)}${own.endsWith("1b") ? "1c" : "1b"}`;
}
