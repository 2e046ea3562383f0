// Child process: the stock x402 middleware for Hono, with a facilitator that only ever says what it supports.
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const require = createRequire(path.join(process.env.PACKAGES ?? "", "package.json"));
const load = (name: string) => import(pathToFileURL(require.resolve(name)).href);

const { paymentMiddleware, x402ResourceServer } = await load("@x402/hono");
const { ExactEvmScheme } = await load("@x402/evm/exact/server");

const kinds = [{ x402Version: 2, scheme: "exact", network: "eip155:8453" }];
const facilitator = {
  getSupported: async () => ({ kinds, extensions: [], signers: {} }),
  verify: async () => ({ isValid: false }),
  settle: async () => ({ success: false }),
};
const payTo = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const route = (price: string) => ({
  accepts: { scheme: "exact", price, network: "eip155:8453", payTo },
  description: "paid",
  mimeType: "application/json",
});
const server = new x402ResourceServer(facilitator).register("eip155:8453", new ExactEvmScheme());

const app = new Hono();
app.use(paymentMiddleware({ "GET /paid": route("$0.05"), "POST /line": route("$100") }, server));
app.get("/paid", (c) => c.json({ ok: true }));
app.post("/line", (c) => c.json({ ok: true }));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
