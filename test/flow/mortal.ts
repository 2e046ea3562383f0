import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Step } from "./mortal-api.ts";

/** An API process that dies where it is told to. */
export type Mortal = { readonly child: ChildProcess; readonly url: string };

export async function live(env: NodeJS.ProcessEnv): Promise<Mortal> {
  const program = path.join(import.meta.dirname, "mortal-api.ts");
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { child, url };
}

export async function arm({ child }: Mortal, step: Step): Promise<void> {
  const armed = once(child, "message");
  child.send(step);
  await armed;
}
