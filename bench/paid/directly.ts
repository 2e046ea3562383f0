import { randomBytes } from "node:crypto";
import { createWalletClient, http, type LocalAccount, maxUint256, toHex } from "viem";
import { base as baseChain } from "viem/chains";
import { usdcAbi } from "../../contracts/abi.ts";
import { authorizationTypes, usdcDomain } from "../../contracts/authorization.ts";
import { base } from "../../contracts/chains.ts";
import { deployer } from "../../dev/accounts.ts";
import type { Ledger } from "./gas.ts";

/** What the chain itself takes: an authorization is sent straight to USDC and its receipt awaited. In milliseconds. */
export async function directly({ client, payTo }: Ledger, payer: LocalAccount): Promise<number> {
  const startMs = performance.now();
  const value = 50_000n;
  const nonce = toHex(randomBytes(32));
  const message = { from: payer.address, to: payTo, value, validAfter: 0n, validBefore: maxUint256, nonce };
  const signature = await payer.signTypedData({
    domain: usdcDomain(base),
    types: authorizationTypes,
    primaryType: "TransferWithAuthorization",
    message,
  });
  const wallet = createWalletClient({ account: deployer, chain: baseChain, transport: http(client.transport.url) });
  const hash = await wallet.writeContract({
    address: base.usdc.address,
    abi: usdcAbi,
    functionName: "transferWithAuthorization",
    args: [message.from, message.to, value, 0n, maxUint256, nonce, signature],
  });
  await client.waitForTransactionReceipt({ hash });
  return performance.now() - startMs;
}
