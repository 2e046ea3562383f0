import { DatabaseSync, type SQLInputValue } from "node:sqlite";

export type State = "waiting" | "received" | "again" | "finished" | "cancelled" | "expired";

/** `again`: it had a code and was asked for another. A code that came after the number was taken back is kept, too. */
export type Activation = {
  id: string;
  service: string;
  country: string;
  /** Without a plus, as suppliers tell it. */
  phoneNumber: string;
  costMicroUsd: bigint;
  state: State;
  boughtAtMs: number;
  /** Undefined: no text is on its way. */
  codeDueAtMs: number | undefined;
  /** It gets a text only once it is over. */
  comesLate: boolean;
  text: string | undefined;
};

export type Change = Partial<Pick<Activation, "state" | "codeDueAtMs" | "text">>;

/** What the supplier has sold and what its customer has left. Survives a kill: each change is on disk when it is answered. */
export type Books = {
  add(activation: Omit<Activation, "id" | "text">): Activation;
  find(id: string): Activation | undefined;
  all(): Activation[];
  /** Those that are not over. */
  open(): Activation[];
  change(id: string, change: Change): void;
  /** Once per cause. */
  enter(cause: string, amountMicroUsd: bigint): void;
  balanceMicroUsd(): bigint;
  /** Whether there ever was any money. */
  isFunded(): boolean;
  atOnce<T>(work: () => T): T;
  close(): void;
};

const TABLES = `
  create table if not exists activation (
    id integer primary key autoincrement, service text not null, country text not null, phone_number text not null,
    cost_micro_usd integer not null, state text not null, bought_at_ms integer not null, code_due_at_ms integer,
    comes_late integer not null, text text) strict;
  create index if not exists activation_open on activation (state);
  create table if not exists entry (cause text primary key, amount_micro_usd integer not null) strict;
  insert into sqlite_sequence (name, seq) select 'activation', 100000
    where not exists (select 1 from sqlite_sequence where name = 'activation');`;

const OPEN = "state in ('waiting', 'received', 'again')";

/** @param file undefined keeps everything in memory */
export function openBooks(file: string | undefined): Books {
  const db = new DatabaseSync(file ?? ":memory:");
  db.exec("pragma journal_mode = wal");
  db.exec(TABLES);
  const rows = (sql: string, ...values: SQLInputValue[]) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true);
    return statement.all(...values);
  };
  const activations = (where: string, ...values: SQLInputValue[]) =>
    rows(`select * from activation where ${where} order by id`, ...values).map(activationOf);
  const columns = { state: "state", codeDueAtMs: "code_due_at_ms", text: "text" } as const;
  return {
    add: (one) => {
      const [row] = rows(
        `insert into activation (service, country, phone_number, cost_micro_usd, state, bought_at_ms, code_due_at_ms,
         comes_late) values (?, ?, ?, ?, ?, ?, ?, ?) returning *`,
        ...[one.service, one.country, one.phoneNumber, one.costMicroUsd, one.state],
        ...[one.boughtAtMs, one.codeDueAtMs ?? null, Number(one.comesLate)],
      );
      return activationOf(row as Row);
    },
    find: (id) => (/^\d{1,15}$/.test(id) ? activations("id = ?", BigInt(id))[0] : undefined),
    all: () => activations("true"),
    open: () => activations(OPEN),
    change: (id, change) => {
      for (const [field, value] of Object.entries(change) as [keyof typeof columns, string | number | undefined][])
        rows(`update activation set ${columns[field]} = ? where id = ?`, value ?? null, BigInt(id));
    },
    enter: (cause, amountMicroUsd) =>
      void rows("insert into entry (cause, amount_micro_usd) values (?, ?)", cause, amountMicroUsd),
    balanceMicroUsd: () => rows("select coalesce(sum(amount_micro_usd), 0) as sum from entry")[0]?.sum as bigint,
    isFunded: () => rows("select cause from entry limit 1").length > 0,
    atOnce: (work) => {
      db.exec("begin immediate");
      try {
        const done = work();
        db.exec("commit");
        return done;
      } catch (error) {
        db.exec("rollback");
        throw error;
      }
    },
    close: () => db.close(),
  };
}

type Row = ReturnType<ReturnType<DatabaseSync["prepare"]>["all"]>[number];

const activationOf = (row: Row): Activation => ({
  id: String(row.id),
  service: row.service as string,
  country: row.country as string,
  phoneNumber: row.phone_number as string,
  costMicroUsd: row.cost_micro_usd as bigint,
  state: row.state as State,
  boughtAtMs: Number(row.bought_at_ms),
  codeDueAtMs: row.code_due_at_ms === null ? undefined : Number(row.code_due_at_ms),
  comesLate: row.comes_late === 1n,
  text: (row.text as string | null) ?? undefined,
});
