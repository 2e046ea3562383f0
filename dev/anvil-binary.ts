import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

const VERSION = "1.7.1";
const PLATFORM = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const PACKAGE = `@foundry-rs/anvil-${PLATFORM}`;

/**
 * Path of the anvil binary, fetched by name from npm into a cache of our own. It is not in package.json, because not
 * every registry carries every platform's build and the lock file must install everywhere.
 */
export async function anvilBinary(onLog: (line: string) => void = () => {}): Promise<string> {
  const home = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "turnpike");
  const kept = path.join(home, `anvil-${VERSION}-${PLATFORM}`);
  const binary = path.join(kept, "package", "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
  if (existsSync(binary)) return binary;

  onLog(`fetching ${PACKAGE}@${VERSION} from npm (once)`);
  mkdirSync(home, { recursive: true });
  const partial = mkdtempSync(path.join(home, "fetch-"));
  try {
    await run("npm", ["pack", "--silent", "--pack-destination", partial, `${PACKAGE}@${VERSION}`]);
    const tarball = readdirSync(partial).find((name) => name.endsWith(".tgz"));
    if (!tarball) throw new Error(`npm pack ${PACKAGE}@${VERSION} left no file`);
    await run("tar", ["-xzf", path.join(partial, tarball), "-C", partial]);
    rmSync(path.join(partial, tarball));
    chmodSync(path.join(partial, "package", "bin", path.basename(binary)), 0o755);
    moveInto(partial, kept);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return binary;
}

/** Two first starts may race: whoever renames first wins, both binaries are the same. */
function moveInto(partial: string, kept: string): void {
  try {
    renameSync(partial, kept);
  } catch (error) {
    if (!existsSync(kept)) throw error;
  }
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], shell: process.platform === "win32" });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} failed: ${errors}`)),
    );
  });
}
