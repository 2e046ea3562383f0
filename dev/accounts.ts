import { type Hex, toHex } from "viem";
import { type HDAccount, mnemonicToAccount } from "viem/accounts";

/** The test phrase of every local chain: worthless anywhere else, and never used with an RPC URL that was given to us. */
const WELL_KNOWN = "test test test test test test test test test test test junk";

const account = (addressIndex: number): HDAccount => mnemonicToAccount(WELL_KNOWN, { addressIndex });

/** Owns the local gateway and receives its fees; Ignition's account 0. */
export const deployer = account(0);
export const payer = account(1);
export const merchant = account(2);
export const stranger = account(3);
/** Pays the gas of what payers per call have signed. */
export const settler = account(4);

export const privateKeyOf = (holder: HDAccount): Hex => toHex(holder.getHdKey().privateKey as Uint8Array);
