import { createMCPClient } from "@ai-sdk/mcp";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { x402Client } from "@x402/core/client";
import type { PaymentRequired } from "@x402/core/types";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { withX402Client } from "agents/x402";
import type { LocalAccount } from "viem";
import { withPayment } from "x402-mcp";

/** Calls one tool, and pays for it if it has to be paid. */
export type Shopper = {
  call(name: string, args?: Record<string, unknown>): Promise<CallToolResult>;
  close(): Promise<void>;
};

export type Shopping = { url: string; account: LocalAccount; headers?: Record<string, string> };

/** A stock client of MCP. */
export async function connect({ url, headers = {} }: Pick<Shopping, "url" | "headers">): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }) as never);
  return client;
}

/** As x402's own specification of its MCP transport has it, signed by the makers' own client. */
export async function specShopper(shopping: Shopping): Promise<Shopper> {
  const client = await connect(shopping);
  const signer = new x402Client().register("eip155:*", new ExactEvmScheme(shopping.account));
  signer.setSpendControls({ maxAmountPerPayment: "$150" });
  return {
    call: async (name, args = {}) => {
      const asked = await client.callTool({ name, arguments: args });
      const required = asked.structuredContent as PaymentRequired;
      if (!asked.isError || !required.accepts) return asked as CallToolResult;
      const payment = await signer.createPaymentPayload(required);
      return (await client.callTool({ name, arguments: args, _meta: { "x402/payment": payment } })) as CallToolResult;
    },
    close: () => client.close(),
  };
}

type Execute = { execute(args: object, options: object): Promise<unknown> };

/** x402-mcp through Vercel's client: its model reads the price in the answer's text, and asks a tool of its own to sign. */
export async function vercelShopper({ url, account, headers = {} }: Shopping): Promise<Shopper> {
  const plain = await createMCPClient({ transport: { type: "http", url: `${url}/mcp`, headers } });
  const client = await withPayment(
    plain as never,
    { account, network: "base", maxPaymentValue: 150_000_000n } as never,
  );
  const tools = (await client.tools()) as unknown as Record<string, Execute>;
  const execute = async (name: string, args: object) => (tools[name] as Execute).execute(args, {});
  return {
    call: async (name, args = {}) => {
      const asked = (await execute(name, args)) as CallToolResult;
      const priced = asked.content.map((part) => JSON.parse((part as { text: string }).text));
      const paymentRequirements = priced.find(({ x402Version, accepts }) => x402Version === 1 && accepts)?.accepts[0];
      if (!paymentRequirements) return asked;
      const signed = await execute("generatePaymentAuthorization", { paymentRequirements });
      return (await execute(name, { ...args, ...(signed as object) })) as CallToolResult;
    },
    close: () => plain.close(),
  };
}

/** Cloudflare's, which pays by itself. */
export async function cloudflareShopper(shopping: Shopping): Promise<Shopper> {
  const client = await connect(shopping);
  const { account } = shopping;
  const terms = { account, network: "base", maxPaymentValue: 150_000_000n } as const;
  const { callTool } = withX402Client(client as unknown as Parameters<typeof withX402Client>[0], terms as never);
  return {
    call: async (name, args = {}) => (await callTool(null, { name, arguments: args })) as CallToolResult,
    close: () => client.close(),
  };
}
