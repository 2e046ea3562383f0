// Runs before every npm script, under whatever Node (18 or newer) the machine has: makes sure that
// node_modules was installed by the pinned Node 24 and matches the lock file, then steps aside.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}node_modules/.turnpike-lock`;
const lock = createHash("sha256")
  .update(readFileSync(`${root}package-lock.json`))
  .digest("hex");

if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) process.exit(0);

console.log("turnpike: installing dependencies with Node 24 (about a minute, once)");
const npx = process.platform === "win32" ? "npx.cmd" : "npx";
// npm run under an old Node silently drops optional binaries whose engines want a newer one.
const install = spawnSync(npx, ["-y", "-p", "node@24", "npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"], {
  cwd: root,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (install.status !== 0) {
  console.error("turnpike: npm ci failed; see the messages above, then run the same command again");
  process.exit(install.status ?? 1);
}
writeFileSync(stamp, lock);
