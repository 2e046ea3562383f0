import type { Deps } from "../deps.ts";
import type { AccountId } from "../ledger.ts";
import { type ApiKeyDeps, keyHolder } from "./api-key.ts";
import { signedInWallet } from "./siwe.ts";

/** Whose accounts a caller may see. */
export type CallerAccount = {
  /** None, while nothing was ever paid from a wallet that signed in. */
  readonly accountIds: readonly AccountId[];
  /** Absent, when he signed in. */
  readonly keyId?: string;
  /** Whether he may make, change and revoke keys. */
  readonly mayManage: boolean;
  /** Set for a key that may not manage: what was bought with another one is not for its eyes. */
  readonly onlyKeyId?: string;
};

/** Something that was bought with a key. */
export type Bought = { readonly accountId: AccountId; readonly keyId: string };

/** Whether a caller may see, and cancel, what was bought. */
export const isHis = ({ accountIds, onlyKeyId }: CallerAccount, { accountId, keyId }: Bought): boolean =>
  accountIds.includes(accountId) && (onlyKeyId === undefined || onlyKeyId === keyId);

export type Credentials = { readonly apiKey?: string | undefined; readonly authorization?: string | undefined };

/**
 * By his key, if he sends one, or by his sign-in: a key wallet has its accounts on every chain, a contract wallet on its
 * own only.
 *
 * @throws ApiError unauthorized, invalid_api_key
 */
export async function callerAccount(deps: ApiKeyDeps, { apiKey, authorization }: Credentials): Promise<CallerAccount> {
  if (apiKey !== undefined) {
    const { accountId, keyId, mayManage } = await keyHolder(deps, apiKey);
    return { accountIds: [accountId], keyId, mayManage, ...(!mayManage && { onlyKeyId: keyId }) };
  }
  const { address, onlyChainId } = await signedInWallet(deps, authorization);
  return { accountIds: await accountsOf(deps, [address.toLowerCase(), onlyChainId ?? null]), mayManage: true };
}

async function accountsOf({ db }: Pick<Deps, "db">, values: unknown[]): Promise<AccountId[]> {
  const { rows } = await db.pool.query<{ account_id: AccountId }>({ name: "accounts-of", text: ACCOUNTS, values });
  return rows.map(({ account_id }) => account_id);
}

const ACCOUNTS = `
  select account_id from app.account
  where kind = 'customer' and address = $1 and ($2::int is null or chain_id = $2) order by account_id`;
