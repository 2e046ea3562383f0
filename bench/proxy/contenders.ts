import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { freePort } from "../../dev/process.ts";
import { type Size, startNginxProxy, startOrigin } from "./nginx.ts";
import { rivalPackages } from "./packages.ts";
import { startUnlocked } from "./unlocked.ts";

/** A proxy that runs. `urlOf` leads to the origin's file of that size, or is undefined where it is not compared. */
export type Contender = {
  name: string;
  pid: number;
  urlOf(size: Size): string | undefined;
  headers?: readonly string[];
};

const READY_WITHIN_MS = 20_000;

type Stops = (() => Promise<void>)[];

export async function startContenders(folder: string, stops: Stops): Promise<Contender[]> {
  const originPort = await startOriginAt(folder, stops);
  const nginxPort = await freePort();
  const nginx = startNginxProxy(folder, nginxPort, originPort);
  return [
    await running("nginx", nginx, { port: nginxPort, stops }),
    ...(await startUnlocked(`127.0.0.1:${originPort}`, stops)),
    await startNode("stream() alone", { script: "core.ts", originPort, stops }),
    await startNode("reply-from", { script: "reply-from.ts", originPort, stops }),
    await startNode("hono", { script: "hono.ts", originPort, stops }),
  ];
}

/** The real API alone, for measurements that need no rival. */
export async function startOne(folder: string, stops: Stops): Promise<Contender> {
  const originPort = await startOriginAt(folder, stops);
  const [raw] = await startUnlocked(`127.0.0.1:${originPort}`, stops);
  if (!raw) throw new Error("the shop did not start");
  return raw;
}

async function startOriginAt(folder: string, stops: Stops): Promise<number> {
  const port = await freePort();
  await running("origin", startOrigin(folder, port), { port, stops });
  return port;
}

type NodeOptions = { script: string; originPort: number; stops: Stops };

async function startNode(name: string, { script, originPort, stops }: NodeOptions): Promise<Contender> {
  const port = await freePort();
  const packages = script === "reply-from.ts" ? rivalPackages() : "";
  const child = spawn(process.execPath, [path.join(import.meta.dirname, script)], {
    env: {
      ...process.env,
      NODE_ENV: "production",
      PORT: `${port}`,
      ORIGIN: `127.0.0.1:${originPort}`,
      PACKAGES: packages,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  return running(name, child, { port, stops });
}

async function running(
  name: string,
  child: ChildProcess,
  { port, stops }: { port: number; stops: Stops },
): Promise<Contender> {
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  stops.push(async () => {
    child.kill("SIGTERM");
    await exit;
  });
  const urlOf = (size: Size) => `http://127.0.0.1:${port}/${size}`;
  await answers(urlOf("1k"), child);
  return { name, pid: child.pid ?? 0, urlOf };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS;
  while (child.exitCode === null && performance.now() < until) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url}: no good answer from the process behind it (${child.exitCode ?? "it still runs"})`);
}
