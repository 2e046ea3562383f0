import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { postgresBinaries } from "./postgres-binaries.ts";
import { alive, ended, freePort } from "./process.ts";

export type Postgres = {
  /** Connection string of the maintenance database `postgres`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** Fast shutdown: connections are cut, everything is flushed. */
  stop(): Promise<void>;
};

export type PostgresOptions = {
  /** Where the cluster lives; made by initdb when it is not there. */
  dataDir: string;
  /** TCP port on 127.0.0.1; a free one when absent. */
  port?: number;
  /** Extra `name=value` settings. Durability settings are left at their safe defaults unless named here. */
  settings?: readonly string[];
};

/** Starts a real Postgres from npm's binaries. A server that a killed parent left behind on the same data is stopped first. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { binaries, owner, dataDir } = postgresBinaries(options.dataDir);
  const port = options.port ?? (await freePort());
  await stopOrphan(dataDir);
  if (!existsSync(path.join(dataDir, "PG_VERSION"))) initialise({ initdb: binaries.initdb, dataDir, owner });

  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300"];
  const flags = [...settings, ...(options.settings ?? [])].flatMap((setting) => ["-c", setting]);
  const child = spawn(binaries.postgres, ["-D", dataDir, ...flags], {
    cwd: dataDir,
    stdio: ["ignore", "ignore", "pipe"],
    // Its own group: Ctrl-C in a terminal must reach only the supervisor, which stops children in order.
    detached: true,
    ...owner,
  });
  await acceptingConnections(child);
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pid: child.pid as number,
    exited: ended(child),
    stop: async () => {
      child.kill("SIGINT");
      await ended(child);
    },
  };
}

function initialise({ initdb, dataDir, owner }: { initdb: string; dataDir: string; owner: Owner }): void {
  // A cluster that a kill cut short has no PG_VERSION yet but may have files, and initdb wants it empty.
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  chmodSync(dataDir, 0o700);
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(dataDir, owner.uid, owner.gid);
  const args = ["-D", dataDir, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-instructions"];
  const run = spawnSync(initdb, args, { cwd: dataDir, encoding: "utf8", ...owner });
  if (run.status !== 0) throw new Error(`initdb failed in ${dataDir}: ${run.stderr ?? ""}${run.error ?? ""}`);
}

type Owner = { uid?: number; gid?: number };

async function stopOrphan(dataDir: string): Promise<void> {
  const pidFile = path.join(dataDir, "postmaster.pid");
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  // Of a dead server the file is left in place: with it the next one finds out whether orphaned backends still write.
  if (!alive(pid)) return;
  if (!isPostgresOf(pid, dataDir)) {
    // After a crash the number may belong to a stranger by now: Postgres itself would refuse to start.
    rmSync(pidFile, { force: true });
    return;
  }
  process.kill(pid, "SIGINT");
  const deadline = Date.now() + 20_000;
  while (alive(pid)) {
    if (Date.now() > deadline) throw new Error(`Postgres ${pid} of ${dataDir} does not stop; end it and start again`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function isPostgresOf(pid: number, dataDir: string): boolean {
  const listing = spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" });
  const args = existsSync(`/proc/${pid}/cmdline`)
    ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")
    : listing.stdout;
  return args.includes("postgres") && args.includes(dataDir);
}

async function acceptingConnections(child: ChildProcess): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Postgres ended with ${code} while starting:\n${log}`)));
    child.stderr?.on("data", (chunk: Buffer) => {
      if (log.length < 20_000) log += chunk;
      if (log.includes("ready to accept connections")) resolve();
    });
  });
}
