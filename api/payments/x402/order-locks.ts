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
  let line: Promise<pg.PoolClient> | undefined;
  // Its locks go with it. Who works on may then be joined by somebody else: orders are made for that.
  const drop = (client: pg.PoolClient) => {
    line = undefined;
    client.release(true);
  };
  const ask = async (query: typeof TAKE | typeof RELEASE, orderId: string): Promise<boolean> => {
    line ??= connect(pool, drop);
    const client = await line.catch((error: unknown) => {
      line = undefined;
      throw error;
    });
    try {
      const { rows } = await client.query<{ done: boolean }>({ ...query, values: [orderId] });
      return rows[0]?.done === true;
    } catch (error) {
      drop(client);
      throw error;
    }
  };
  const release = async (orderId: string) => {
    await ask(RELEASE, orderId).catch(() => false);
    held.delete(orderId);
  };
  return {
    take: async (orderId) => {
      if (held.has(orderId)) return undefined;
      held.add(orderId);
      const taken = await ask(TAKE, orderId).finally(() => held.delete(orderId));
      if (taken) held.add(orderId);
      return taken ? () => release(orderId) : undefined;
    },
    close: async () => {
      const client = await line?.catch(() => undefined);
      if (client) drop(client);
    },
  };
}

async function connect(pool: pg.Pool, lost: (client: pg.PoolClient) => void): Promise<pg.PoolClient> {
  const client = await pool.connect();
  client.once("error", () => lost(client));
  return client;
}
