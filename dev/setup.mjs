// Runs before every npm script, under whatever Node (18 or newer) the machine has: makes sure that
// node_modules was installed by the pinned Node 24 and matches the lock file, then steps aside.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = join(root, "node_modules", ".turnpike-lock");
const wanted = digest(readFileSync(join(root, "package-lock.json")));
const lock = join(tmpdir(), `turnpike-setup-${digest(root).slice(0, 16)}`);

if (!isInstalled()) {
  takeLock();
  try {
    // Another command may have installed everything while this one waited.
    if (!isInstalled()) install();
  } finally {
    rmSync(lock, { recursive: true, force: true });
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

/** `npm ci` empties node_modules first, so two at once would pull it away under each other. */
function takeLock() {
  const owner = join(lock, "pid");
  for (;;) {
    try {
      mkdirSync(lock);
      return writeFileSync(owner, String(process.pid));
    } catch {
      if (isAbandoned(owner)) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
    }
  }
}

function isAbandoned(owner) {
  if (!existsSync(owner)) return false;
  try {
    process.kill(Number(readFileSync(owner, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

function digest(content) {
  return createHash("sha256").update(content).digest("hex");
}
