import { inRange } from "./anvil-http.ts";

/**
 * One JSON-RPC call. Plain fetch, because viem refuses answers over 10 MiB and a chain's dump grows past that.
 *
 * @throws Error with the node's own message when it refuses
 */
export const rpc = <Result>(url: string, method: string, params: readonly unknown[] = []): Promise<Result> =>
  inRange(() => ask<Result>(url, method, params));

async function ask<Result>(url: string, method: string, params: readonly unknown[]): Promise<Result> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const answer = (await response.json()) as { result: Result; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}
