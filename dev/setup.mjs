// Runs before every npm script, under whatever Node (18 or newer) the machine has: makes sure that
// node_modules was installed by the pinned Node 24 and matches the lock file, then steps aside.
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "node_modules", ".turnpike-lock");
const wanted = digest(readFileSync(join(root, "package-lock.json")));
const lock = join(tmpdir(), `turnpike-setup-${digest(root).slice(0, 16)}`);
const me = `${process.pid}-${randomUUID()}`;

if (!isInstalled()) {
  takeLock();
  try {
    // Another command may have installed everything while this one waited.
    if (!isInstalled()) install();
  } finally {
    releaseLock();
  }
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
}

function install() {
  console.log("turnpike: installing dependencies with Node 24 (about a minute, once)");
  const npx = process.platform === "win32" ? "npx.cmd" : "npx";
  // npm run under an old Node silently drops optional binaries whose engines want a newer one.
  const run = spawnSync(npx, ["-y", "-p", "node@24", "npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (run.status === 0) return writeFileSync(stamp, wanted);
  console.error("turnpike: npm ci failed; see the messages above, then run the same command again");
  process.exitCode = run.status ?? 1;
}

/**
 * `npm ci` empties node_modules first, so two at once would pull it away under each other. The lock is a folder that
 * names its owner from the moment it appears, so a kill at any time leaves nothing that others would wait for.
 */
function takeLock() {
  const prepared = `${lock}.${me}`;
  mkdirSync(prepared);
  writeFileSync(join(prepared, me), "");
  while (!isRenamed(prepared)) {
    // Names are never used twice: whatever is removed here is the lock that was looked at, not its successor.
    const gone = owners().filter((name) => !isAlive(Number(name.split("-")[0])));
    for (const name of gone) rmSync(join(lock, name), { force: true });
    removeEmptyLock();
    if (gone.length === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
  }
}

function releaseLock() {
  rmSync(join(lock, me));
  removeEmptyLock();
}

function isRenamed(prepared) {
  try {
    renameSync(prepared, lock);
    return true;
  } catch (error) {
    // Each system has its own word for a folder that is there and not empty.
    if (["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"].includes(error.code)) return false;
    throw error;
  }
}

function owners() {
  try {
    return readdirSync(lock);
  } catch {
    return [];
  }
}

function removeEmptyLock() {
  try {
    rmdirSync(lock);
  } catch {
    // Held, or gone already.
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code !== "ESRCH";
  }
}

function digest(content) {
  return createHash("sha256").update(content).digest("hex");
}
