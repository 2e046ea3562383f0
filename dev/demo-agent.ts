import path from "node:path";
import { formatEther, type Hex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type Agent, createAgent, type PaymentRequired } from "./agent.ts";
import { readDevJson } from "./dev-json.ts";

const home = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "..", ".turnpike"));

try {
  await main();
} catch (error) {
  console.error(`\ndemo:agent: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/** Plays the agent of the documents against a running start, once for each way to pay. */
async function main(): Promise<void> {
  const { api, chains, apis, keys } = readDevJson(home);
  const avalanche = chains["43114"];
  if (!avalanche || !apis || !keys) throw new Error("the running Turnpike works with real chains and has no demo APIs");
  const account = privateKeyToAccount(keys.payer);
  const agent = createAgent(account, avalanche.rpc);
  console.log(`The agent is ${account.address}; it knows ${api} and a wallet's RPC URL, nothing else.`);
  console.log("What goes on chain is payment_id; session_id unlocks and stays with the agent.");
  const url = (id: string) => `${api}/api/${id}`;
  await buy("AVAX, by the call that the 402 describes", agent, { url: url(apis.avax), pay: payNative });
  await buy("ARENA, approve then payFor", agent, { url: url(apis.erc20), pay: payApproved });
  await buy("ARENA, permit then payForWithPermit", agent, { url: url(apis.permit), pay: payPermitted });
  await buy("AVAX, as the documents' sample pays: session_id itself goes on chain, for all to see", agent, {
    url: url(apis.avax),
    pay: paySample,
  });
}

type Pay = (agent: Agent, info: PaymentRequired) => Promise<void>;

async function buy(title: string, agent: Agent, { url, pay }: { url: string; pay: Pay }): Promise<void> {
  console.log(`\n${title}`);
  step("GET", url);
  const info = await agent.ask(url);
  const coin = info.token_address === zeroAddress ? "AVAX" : `of token ${info.token_address}`;
  step("402", `payment_required: ${formatEther(BigInt(info.amount_wei))} ${coin} to ${info.merchant_wallet}`);
  step("", `payment_id ${info.payment_id}`);
  await pay(agent, info);
  const upstream = await agent.poll(url, info.session_id, (code) => step("poll", code));
  step("200", JSON.stringify(upstream));
}

async function payNative(agent: Agent, { calls }: PaymentRequired): Promise<void> {
  step("tx", `payNativeFor ${await agent.send(offered(calls.native))}`);
}

async function payApproved(agent: Agent, { calls }: PaymentRequired): Promise<void> {
  const { approve, payFor } = offered(calls.erc20_approve_then_pay);
  step("tx", `approve ${await agent.send(approve)}`);
  step("tx", `payFor ${await agent.send(payFor)}`);
}

async function payPermitted(agent: Agent, { calls }: PaymentRequired): Promise<void> {
  const call = await agent.signPermit(offered(calls.erc20_permit));
  step("sign", "permit: no transaction of its own");
  step("tx", `payForWithPermit ${await agent.send(call)}`);
}

async function paySample(agent: Agent, info: PaymentRequired): Promise<void> {
  const { fn } = offered(info.calls.native);
  const args: Hex[] = [info.session_id, info.merchant_wallet];
  step("tx", `payNativeFor ${await agent.send({ fn, args, to: info.contract, value: info.amount_wei })}`);
}

function offered<Call>(call: Call | undefined): Call {
  if (!call) throw new Error("the 402 does not offer this way to pay");
  return call;
}

function step(what: string, detail: string): void {
  console.log(`  ${what.padEnd(5)} ${detail}`);
}
