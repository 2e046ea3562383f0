import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const NEEDED = ["contracts", "ignition/modules", "test/contracts", "test/mocks", "test/support", "dev/usdc.ts"];
const CONFIG = ["hardhat.config.ts", "vitest.config.ts", "package.json", "tsconfig.json"];

export type Run = { code: number; output: string };

/** A copy of what the contracts' tests need, to be changed at will: the tree that people work in stays as it is. */
export class Workspace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "turnpike-"));

  constructor() {
    for (const path of [...NEEDED, ...CONFIG]) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      cpSync(join(ROOT, path), join(this.folder, path), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(this.folder, "node_modules"));
  }

  /** Runs a program of node_modules/.bin here. */
  run([program, ...args]: [string, ...string[]], env: Record<string, string> = {}): Promise<Run> {
    const binary = join(this.folder, "node_modules/.bin", program);
    const options = { cwd: this.folder, env: { ...process.env, NO_COLOR: "1", ...env } };
    const child = spawn(process.execPath, [binary, ...args], options);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? 1, output }));
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
