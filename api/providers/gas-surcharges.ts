import { type Address, parseAbi, zeroAddress } from "viem";
import { type Clock, nowSec } from "../clock.ts";
import { CACHE, Recent } from "../limits.ts";
import type { ChainReader } from "./chain.ts";

/** Gas that paying these terms takes beyond the ordinary, because of who receives. Known ahead, so that a quote asks nobody. */
export type GasSurcharges = {
  /** The last that was seen, the dearest case while nothing was; looks again in the background now and then. */
  of(receiver: Receiver): number;
};

export type Receiver = { readonly merchant: Address; readonly token: Address };

export type SurchargeDeps = { chain: ChainReader; gateway: Address; clock: Clock };

/** Value sent to an account that does not exist yet. */
const NEW_ACCOUNT_GAS = 25_000;
/** A balance that was zero: a storage slot is written for the first time. */
const NEW_SLOT_GAS = 17_100;
const PLAIN_CALL_GAS = 21_000;
/** A merchant may empty a wallet at any time, and only then does the answer change for the worse. */
const LOOK_AGAIN_SEC = 30;

const balanceOf = parseAbi(["function balanceOf(address account) view returns (uint256)"]);

export function createGasSurcharges(deps: SurchargeDeps): GasSurcharges {
  const seen = new Recent<{ gas: number; atSec: number }>(CACHE.apis);
  const look = (key: string, receiver: Receiver) =>
    surchargeOf(deps, receiver).then(
      (gas) => seen.set(key, { gas, atSec: nowSec(deps.clock) }),
      () => {},
    );
  return {
    of: (receiver) => {
      const key = receiver.merchant + receiver.token;
      const known = seen.get(key);
      const atSec = nowSec(deps.clock);
      const gas = known?.gas ?? dearest(receiver);
      if (!known || atSec - known.atSec >= LOOK_AGAIN_SEC) {
        // Noted first: however many quotes are made meanwhile, one look is enough.
        seen.set(key, { gas, atSec });
        void look(key, receiver);
      }
      return gas;
    },
  };
}

const dearest = ({ token }: Receiver) => (token === zeroAddress ? NEW_ACCOUNT_GAS : 2 * NEW_SLOT_GAS);

function surchargeOf(deps: SurchargeDeps, receiver: Receiver): Promise<number> {
  return receiver.token === zeroAddress ? nativeSurcharge(deps, receiver) : tokenSurcharge(deps, receiver);
}

async function nativeSurcharge({ chain, gateway }: SurchargeDeps, { merchant }: Receiver): Promise<number> {
  const { client } = chain;
  const [balance, nonce, code] = await Promise.all([
    client.getBalance({ address: merchant }),
    client.getTransactionCount({ address: merchant }),
    client.getCode({ address: merchant }),
  ]);
  // A contract wallet runs code of its own when it receives.
  if (code) return Number(await client.estimateGas({ account: gateway, to: merchant, value: 0n })) - PLAIN_CALL_GAS;
  return balance === 0n && nonce === 0 ? NEW_ACCOUNT_GAS : 0;
}

async function tokenSurcharge({ chain, gateway }: SurchargeDeps, { merchant, token }: Receiver): Promise<number> {
  const balances = await Promise.all(
    [merchant, gateway].map((account) =>
      chain.client.readContract({ address: token, abi: balanceOf, functionName: "balanceOf", args: [account] }),
    ),
  );
  return NEW_SLOT_GAS * balances.filter((balance) => balance === 0n).length;
}
