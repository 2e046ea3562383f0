import { spawn } from "node:child_process";
import path from "node:path";

export type Step = { title: string; command: readonly [string, ...string[]]; env?: Record<string, string> };

const ROOT = path.resolve(import.meta.dirname, "..");

/** Runs the steps one after another and ends the process with the first failure's code. Returns what each one printed. */
export async function runSteps(steps: readonly Step[]): Promise<string[]> {
  const outputs: string[] = [];
  for (const [index, step] of steps.entries()) {
    const started = performance.now();
    console.log(`\n[${index + 1}/${steps.length}] ${step.title}`);
    const { code, output } = await runStep(step);
    outputs.push(output);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    if (code !== 0) {
      console.error(`\n${step.title} failed after ${seconds} s: ${step.command.join(" ")}`);
      process.exit(code);
    }
    console.log(`[${index + 1}/${steps.length}] ${step.title}: ok in ${seconds} s`);
  }
  return outputs;
}

function runStep({ command, env }: Step): Promise<{ code: number; output: string }> {
  const [name, ...args] = command;
  const bin = path.join(ROOT, "node_modules", ".bin");
  const child = spawn(path.join(bin, name), args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    env: { ...process.env, ...env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  });
  let output = "";
  const show = (chunk: Buffer, to: NodeJS.WriteStream) => {
    output += chunk;
    to.write(chunk);
  };
  child.stdout.on("data", (chunk: Buffer) => show(chunk, process.stdout));
  child.stderr.on("data", (chunk: Buffer) => show(chunk, process.stderr));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
