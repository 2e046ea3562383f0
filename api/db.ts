import pg from "pg";
import type { Logger } from "pino";
import { CHANGED_CHANNEL, migrations } from "./schema.ts";

export type Db = {
  readonly pool: pg.Pool;
  /** Runs `work` in one transaction on one connection; an error rolls back and is thrown on. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  /** Tells all processes, once `client`'s transaction commits, that what they cached under `what` is old. */
  announce(client: pg.ClientBase | pg.Pool, what: string): Promise<void>;
  close(): Promise<void>;
};

/** What a database gets to take a connection, and to answer one query: a silent one must not hang whoever asks. */
const PATIENCE = { connectionTimeoutMillis: 5_000, query_timeout: 5_000 };
/** A process that is cut off or frozen within a transaction keeps no account, and no switch, locked for longer. */
const IDLE = { idle_in_transaction_session_timeout: 10_000 };

/** Brings schema `app` up to date and opens the pool. @throws when the database cannot be reached. */
export async function openDb(databaseUrl: string, log: Logger): Promise<Db> {
  await migrate(databaseUrl);
  return openDbAsItIs(databaseUrl, log);
}

/** For whoever only looks: the schema may be another version's, or not be there. */
export function openDbAsItIs(databaseUrl: string, log: Logger): Db {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20, ...PATIENCE, ...IDLE });
  pool.on("error", (error) => log.warn({ reason: error.message }, "idle database connection lost"));
  return {
    pool,
    transaction: (work) => inTransaction(pool, work),
    announce: async (client, what) => {
      await client.query({ name: "announce", text: "select pg_notify($1, $2)", values: [CHANGED_CHANNEL, what] });
    },
    close: () => pool.end(),
  };
}

/** SQLSTATE classes of lost connections, exhausted resources and operators at work, and what Node says to a dead port. */
const OUTAGE = /^(?:08|53|57)\w{3}$|^(?:ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
/** pg's own words, which come without a code. */
const OUTAGE_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

/** What went wrong says that the database is away, so the same request may succeed a little later. */
export function isOutage(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return OUTAGE.test(String(code)) || OUTAGE_WORDS.test(String(message));
}

/** As `Db.transaction`, on any pool; `begin` says of which kind it is. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  begin = "begin",
): Promise<T> {
  const client = await pool.connect();
  // A connection that is lost between two statements ends the transaction, not the process.
  client.on("error", ignored);
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query("commit");
    client.off("error", ignored);
    client.release();
    return result;
  } catch (error) {
    // A connection whose rollback fails is in an unknown state: the pool must not hand it out again.
    const broken = await client.query("rollback").then(
      () => false,
      () => true,
    );
    client.off("error", ignored);
    client.release(broken);
    throw error;
  }
}

/** The next statement fails, and says so. */
const ignored = () => {};

/** On a connection of its own: a migration may take its time, and waits for that of another process. */
async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  // A lost connection fails the query that runs; the event would end the process.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("begin");
    // Several processes may start at once; the lock lasts until commit.
    await client.query("select pg_advisory_xact_lock(hashtext('turnpike app migrations'))");
    await client.query("create schema if not exists app");
    await client.query(
      "create table if not exists app.migration (id int primary key, applied_at timestamptz not null default now())",
    );
    const { rows } = await client.query<{ done: number }>("select count(*)::int as done from app.migration");
    for (let id = rows[0]?.done ?? 0; id < migrations.length; id++) {
      await client.query(migrations[id] as string);
      await client.query("insert into app.migration (id) values ($1)", [id]);
    }
    await client.query("commit");
  } finally {
    // What was not committed ends with the connection.
    await client.end();
  }
}

export type Changes = {
  /** False while nothing is heard: caches must then not be trusted. */
  readonly live: boolean;
  /** `listener` gets what changed, or undefined when anything may have (a gap in listening). */
  on(listener: (what: string | undefined) => void): void;
  /** After a write of this process: its own next read must not wait for the round trip. */
  tell(what: string): void;
  close(): Promise<void>;
};

const RECONNECT_MS = 250;

/** How often the listening connection is asked for a sign of life, and how long it may take to give one. */
export type Pulse = { everyMs: number; answerMs: number };

/** Listens for `announce` of all processes, on a connection of its own, and again after each loss. */
export async function openChanges(
  databaseUrl: string,
  log: Logger,
  pulse: Pulse = { everyMs: 10_000, answerMs: 5_000 },
): Promise<Changes> {
  const listeners: ((what: string | undefined) => void)[] = [];
  const tell = (what: string | undefined) => {
    for (const listener of listeners) listener(what);
  };
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const lost = (from: pg.Client) => {
    if (client !== from || closed) return;
    client = undefined;
    tell(undefined);
    from.end().catch(() => {});
    log.warn("database notifications lost; caches are off until they are back");
    timer = setTimeout(connect, RECONNECT_MS);
  };
  const connect = () =>
    listen(databaseUrl, pulse, { tell, lost }).then(
      (fresh) => {
        if (closed) return fresh.end();
        client = fresh;
        // What changed during the gap is unknown.
        tell(undefined);
      },
      () => {
        if (!closed) timer = setTimeout(connect, RECONNECT_MS);
      },
    );
  await connect();
  return {
    get live() {
      return client !== undefined;
    },
    on: (listener) => void listeners.push(listener),
    tell,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

type Ears = { tell(what: string | undefined): void; lost(from: pg.Client): void };

async function listen(databaseUrl: string, pulse: Pulse, ears: Ears): Promise<pg.Client> {
  const patience = { ...PATIENCE, query_timeout: pulse.answerMs };
  const client = new pg.Client({ connectionString: databaseUrl, keepAlive: true, ...patience });
  client.on("error", () => ears.lost(client));
  client.on("end", () => ears.lost(client));
  client.on("notification", ({ payload }) => ears.tell(payload));
  try {
    await client.connect();
    await client.query(`listen ${CHANGED_CHANNEL}`);
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
  // A network that drops packets ends no connection: only an answer shows that news can still be heard.
  const asking = setInterval(() => {
    client.query("select 1").catch(() => {
      clearInterval(asking);
      ears.lost(client);
    });
  }, pulse.everyMs);
  client.once("end", () => clearInterval(asking));
  return client;
}
