import type pg from "pg";

/** Whoever holds an order's lock works on it alone, in all processes. A process that dies lets go at once. */
export type OrderLocks = {
  /** Releases what it locked; undefined, when somebody else holds it. @throws when the database is away */
  take(orderId: string): Promise<(() => Promise<void>) | undefined>;
  close(): Promise<void>;
};

const TAKE = {
  name: "x402-lock",
  text: "select pg_try_advisory_lock(hashtextextended('x402 order ' || $1, 0)) as done",
};
const RELEASE = {
  name: "x402-unlock",
  text: "select pg_advisory_unlock(hashtextextended('x402 order ' || $1, 0)) as done",
};

/** Advisory locks of one connection of their own. */
export function createOrderLocks(pool: pg.Pool): OrderLocks {
  // A lock can be taken twice on one connection, so this process keeps a list.
  const held = new Set<string>();
  const line = createLine(pool);
  const release = async (orderId: string) => {
    // A connection that cannot be asked is dropped, and its locks with it.
    await line.ask(RELEASE, orderId).catch(() => {});
    held.delete(orderId);
  };
  return {
    take: async (orderId) => {
      if (held.has(orderId)) return undefined;
      held.add(orderId);
      try {
        if (await line.ask(TAKE, orderId)) return () => release(orderId);
      } catch (error) {
        held.delete(orderId);
        throw error;
      }
      held.delete(orderId);
      return undefined;
    },
    close: () => line.close(),
  };
}

type Line = { ask(query: typeof TAKE | typeof RELEASE, orderId: string): Promise<boolean>; close(): Promise<void> };

/** One connection, which is asked one thing at a time, and another one when it is lost. */
function createLine(pool: pg.Pool): Line {
  let client: pg.PoolClient | undefined;
  let last: Promise<unknown> = Promise.resolve();
  // Who works on under its locks may then be joined by somebody else: orders are made for that.
  const drop = (lost: pg.PoolClient) => {
    if (client !== lost) return;
    client = undefined;
    lost.release(true);
  };
  const connected = async (): Promise<pg.PoolClient> => {
    if (client) return client;
    const fresh = await pool.connect();
    client = fresh;
    fresh.on("error", () => drop(fresh));
    return fresh;
  };
  const ask: Line["ask"] = async (query, orderId) => {
    const asked = await connected();
    try {
      const { rows } = await asked.query<{ done: boolean }>({ ...query, values: [orderId] });
      return rows[0]?.done === true;
    } catch (error) {
      drop(asked);
      throw error;
    }
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    ask: (query, orderId) => inTurn(() => ask(query, orderId)),
    close: () =>
      inTurn(async () => {
        if (client) drop(client);
      }),
  };
}
