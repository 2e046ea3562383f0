import { type Answer, JSON_TYPE, type World } from "../../world.ts";
import type { Paying } from "../x402/counter.ts";

// biome-ignore lint/suspicious/noExplicitAny: results are compared with literals, and a schema would say them twice
export type Result = { isError?: boolean; structuredContent: any; content: { text: string }[]; _meta?: any };

export type Saying = { meta?: object; headers?: Record<string, string> };

export const MCP_HEADERS = { ...JSON_TYPE, Accept: "application/json, text/event-stream" };

type At = Pick<World, "url">;

/** Sends one JSON-RPC message to /mcp, or whatever text stands in its place. */
export async function say({ url }: At, message: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${url}/mcp`, {
    method: "POST",
    headers: { ...MCP_HEADERS, ...headers },
    body: typeof message === "string" ? message : JSON.stringify(message),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === "" ? undefined : JSON.parse(text) };
}

/** Calls tools there. */
export const callAt =
  (world: At) =>
  async (name: string, args?: unknown, saying: Saying = {}): Promise<Result> => {
    const { meta: _meta, headers } = saying;
    const params = { name, arguments: args, ...(_meta && { _meta }) };
    const { status, body, text } = await say(world, { jsonrpc: "2.0", id: 1, method: "tools/call", params }, headers);
    if (!body?.result) throw new Error(`no result: ${status} ${text}`);
    return body.result;
  };

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

/** A payment as each kind of client puts it into a call. */
export const DIALECTS = {
  "x402's own": ({ accepted, signed: payload }: Paying) => ({
    "x402/payment": { x402Version: 2, accepted, payload },
  }),
  "Cloudflare's": ({ accepted, signed: payload }: Paying) => ({
    "x402/payment": base64({ x402Version: 2, accepted, payload }),
  }),
  "x402-mcp's": ({ signed: payload }: Paying) => ({
    "x402.payment": base64({ x402Version: 1, scheme: "exact", network: "base", payload }),
  }),
} as const;

/** As x402's own transport has it, unless told. */
export const paid = (paying: Paying, dialect: keyof typeof DIALECTS = "x402's own"): Saying => ({
  meta: DIALECTS[dialect](paying),
});
