import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "./blocks.ts";

/** What a block did: what it printed, and the status of each answer that curl got. */
export type Outcome = { readonly stdout: string; readonly statuses: readonly number[] };

/** A shell at the repository's root. What one block sets, the next one has. */
export type Shell = { sh(script: string): Promise<Outcome>; js(program: string): Promise<Outcome> };

const STATUS = /^docs-test: (\d{3})$/gm;

/** @param folder where it keeps what is to last from block to block */
export function openShell(folder: string, env: NodeJS.ProcessEnv): Shell {
  const kept = path.join(folder, "shell-environment");
  rmSync(kept, { force: true });
  // curl tells the status beside the answer, so that a refusal never passes for one.
  writeFileSync(
    path.join(folder, ".curlrc"),
    'silent\nshow-error\nwrite-out = "%{stderr}\\ndocs-test: %{http_code}\\n"\n',
  );
  const bin = path.join(ROOT, "node_modules/.bin");
  const whole = {
    ...env,
    CURL_HOME: folder,
    PATH: `${bin}${path.delimiter}${env.PATH}`,
    // npm runs the script that is asked for and not the one before it, which installs: it has run, or this would not.
    npm_config_ignore_scripts: "true",
    NO_COLOR: "1",
  };
  const sh = (script: string) => {
    const around = `set -euo pipefail -o allexport\nif [ -f ${kept} ]; then . ${kept}; fi\n${script}\nexport -p > ${kept}\n`;
    return run(["bash", "-c", around], whole);
  };
  return {
    sh,
    js: (program) => {
      const file = path.join(folder, "block.mjs");
      writeFileSync(file, program);
      return sh(`node --input-type=module < ${file}`);
    },
  };
}

function run([program, ...args]: [string, ...string[]], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      printed[name] += chunk;
    });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const statuses = [...printed.stderr.matchAll(STATUS)].map(([, status]) => Number(status));
      if (code === 0) resolve({ stdout: printed.stdout, statuses });
      else reject(new Error(`ended with ${code}:\n${printed.stdout}\n${printed.stderr}`));
    });
  });
}
