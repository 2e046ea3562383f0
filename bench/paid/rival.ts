// Child process: the stock x402 middleware for Hono with the stock facilitator in process, as its own documents wire it.
import { serve } from "@hono/node-server";
import { x402Facilitator } from "@x402/core/facilitator";
import { toFacilitatorEvmSigner } from "@x402/evm";
import { registerExactEvmScheme } from "@x402/evm/exact/facilitator";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/hono";
import { Hono } from "hono";
import { createWalletClient, http, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { base } from "viem/chains";

const { RPC_URL, PRIVATE_KEY, PAY_TO, PORT } = process.env;
const account = privateKeyToAccount(PRIVATE_KEY as `0x${string}`);
const wallet = createWalletClient({ account, chain: base, transport: http(RPC_URL), pollingInterval: 100 }).extend(
  publicActions,
);
const signer = toFacilitatorEvmSigner({ ...wallet, address: account.address } as never);
const facilitator = new x402Facilitator();
registerExactEvmScheme(facilitator, { signer, networks: "eip155:8453" });
const local = {
  verify: facilitator.verify.bind(facilitator),
  settle: facilitator.settle.bind(facilitator),
  getSupported: async () => facilitator.getSupported(),
};
const server = new x402ResourceServer(local as never).register("eip155:8453", new ExactEvmScheme());
const accepts = { scheme: "exact", price: "$0.05", network: "eip155:8453", payTo: PAY_TO as string } as const;

const app = new Hono();
app.use(paymentMiddleware({ "POST /paid": { accepts, description: "paid", mimeType: "application/json" } }, server));
app.post("/paid", (c) => c.json({ ok: true }));
app.get("/healthz", (c) => c.json({ ok: true }));
serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" });
