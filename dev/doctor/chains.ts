import { pino } from "pino";
import { zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { systemClock } from "../../api/clock.ts";
import type { Env } from "../../api/env.ts";
import { openChain } from "../../api/providers/chain.ts";
import { openFacilitator } from "../../api/providers/facilitator.ts";
import { chainById } from "../../contracts/chains.ts";
import type { Seen } from "./check.ts";

/** Whether each node is of the chain that it is taken for. */
export async function chains({ rpcUrls, gatewayChain }: Env): Promise<Seen> {
  const all = await Promise.all(
    [...rpcUrls].map(async ([id, urls]) => {
      const chain = id === gatewayChain.id ? gatewayChain : chainById(id);
      const told =
        chain &&
        (await openChain(chain, urls)
          .chainId()
          .catch(() => undefined));
      const name = chain?.rpcVariable ?? String(id);
      if (told === id) return { problems: [], facts: { [name]: `chain ${id}` } };
      const why = told === undefined ? "gives no answer" : `is of chain ${told}, not ${id}`;
      return { problems: [`${name}: the node ${why}.`], facts: {} };
    }),
  );
  return {
    problems: all.flatMap(({ problems }) => problems),
    facts: Object.assign({}, ...all.map(({ facts }) => facts)),
  };
}

/** Whether who settles payments per call can do it. */
export async function settling({ receiver, rpcUrls }: Env): Promise<Seen> {
  if (!receiver) return { facts: { payments: "nobody settles: nothing is sold per call" } };
  const { chain, settlerKey, facilitatorUrl } = receiver;
  const reader = openChain(chain, rpcUrls.get(chain.id) ?? []);
  const log = pino({ level: "silent" });
  // It is asked how it is, and settles nothing: it needs neither database nor receiver for that.
  const db = { transaction: () => Promise.reject(new Error("nothing is settled here")) };
  const facilitator = openFacilitator({ ...receiver, reader, receiver: zeroAddress, db, clock: systemClock, log });
  const canSettle = await facilitator.health().finally(() => facilitator.close());
  const settler = !facilitatorUrl && settlerKey ? privateKeyToAccount(settlerKey).address : undefined;
  const hint = settler
    ? `SETTLER_KEY: ${settler} has no gas on ${chain.name}, or its node gives no answer.`
    : "FACILITATOR_URL: the facilitator gives no answer, or does not settle on this chain.";
  return {
    problems: canSettle ? [] : [`Payments can not be settled. ${hint}`],
    facts: { chain: chain.name, settles: settler ?? "a facilitator" },
  };
}
