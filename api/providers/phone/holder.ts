import { type Event, emit } from "../../events.ts";
import type { Holder, Queryable } from "../../ledger.ts";

type Line = {
  phoneNumber: string;
  /** When it went out or came in: the line may be another one's by now. */
  at: Date;
  direction: "outbound" | "inbound";
};

/** Tells who held the line then; nobody, where nobody did. */
export async function tellHolder(on: Queryable, line: Line, event: Omit<Event, "owner">): Promise<void> {
  const holder = await holderOf(on, line);
  if (holder) await emit(on, { ...event, owner: holder });
}

/** What comes in after the end of a lease is shown once that is renewed, and not told of before. */
async function holderOf(on: Queryable, { phoneNumber, at, direction }: Line): Promise<Holder | undefined> {
  const { rows } = await on.query<{ owner: Holder["address"]; chain_id: number }>(
    `select owner, chain_id from app.lease
     where phone_number = $1 and leased_at <= $2 and $2 < coalesce(released_at, 'infinity') and suspended_at is null
       and ($3 = 'outbound' or $2 < expires_at)`,
    [phoneNumber, at, direction],
  );
  return rows[0] && { address: rows[0].owner, chainId: rows[0].chain_id };
}
