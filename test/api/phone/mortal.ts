import type pg from "pg";
import type { Db } from "../../../api/db.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";

/** Where a process dies: before its `step`th query or call, or right after that, before the answer arrives. */
export type Death = { step: number; when: "before" | "after" };

/**
 * The same database and carrier in the hands of a process that dies: from then on nothing of it reaches them. `lived`
 * tells that it got to its end.
 */
export function mortal<Deps extends { db: Db; phone: PhoneProvider }>(
  deps: Deps,
  { step, when }: Death,
): { deps: Deps; lived: () => boolean } {
  let taken = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Error("killed");
  };
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) return die() as never;
    taken++;
    const isLast = taken === step;
    if (isLast && when === "before") die();
    const result = await work();
    if (isDead || isLast) die();
    return result;
  };
  const mortalClient = <T extends Pick<pg.Pool, "query">>(client: T): T =>
    ({ query: (...args: [never, never]) => live(() => client.query(...args)) }) as unknown as T;
  const db: Db = {
    ...deps.db,
    pool: mortalClient(deps.db.pool),
    transaction: (work) => live(() => deps.db.transaction((client) => work(mortalClient(client)))),
  };
  const call =
    <Input extends unknown[], Output>(verb: (...input: Input) => Promise<Output>) =>
    (...input: Input) =>
      live(() => verb(...input));
  const { phone } = deps;
  const mortalPhone: PhoneProvider = {
    ...phone,
    buyNumber: call(phone.buyNumber),
    findPurchase: call(phone.findPurchase),
    sendMessage: call(phone.sendMessage),
    findMessage: call(phone.findMessage),
    release: call(phone.release),
  };
  return { deps: { ...deps, db, phone: mortalPhone }, lived: () => !isDead };
}
