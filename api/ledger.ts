import type pg from "pg";
import type { Address } from "viem";

/** What a statement runs on: a connection within a transaction, or the pool. */
export type Queryable = Pick<pg.ClientBase, "query">;

/** An account's id, a bigint in digits. */
export type AccountId = string;

/** Whose USDC, on which chain: what an account of a customer belongs to. Any letter case. */
export type Holder = { readonly address: Address; readonly chainId: number };
