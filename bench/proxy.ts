/**
 * The raw proxy of the real API with an unlocked session, beside nginx, @fastify/reply-from and Hono's proxy().
 * `node bench/proxy.ts [--rounds 5] [--seconds 5] [--memory [--requests 1000000]]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Contender, startContenders, startOne } from "./proxy/contenders.ts";
import { measure, median, type Sample } from "./proxy/load.ts";
import { measureMemory } from "./proxy/memory.ts";
import { requireTools, type Size } from "./proxy/nginx.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    memory: { type: "boolean", default: false },
    requests: { type: "string", default: "1000000" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const SIZES = [
  { size: "1k", connections: 64 },
  { size: "256k", connections: 16 },
] as const;

requireTools();
const folder = mkdtempSync(path.join(tmpdir(), "turnpike-bench-"));
const stops: (() => Promise<void>)[] = [];
try {
  if (values.memory) await measureMemory(await startOne(folder, stops), Number(values.requests));
  else await compare(await startContenders(folder, stops));
} finally {
  for (const stop of stops.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
}

async function compare(contenders: readonly Contender[]): Promise<void> {
  for (const { size, connections } of SIZES) {
    const taking = contenders.filter(({ urlOf }) => urlOf(size) !== undefined);
    const samples = new Map(taking.map(({ name }) => [name, [] as Sample[]]));
    const run = ({ pid, urlOf, headers = [] }: Contender, runSeconds: number) =>
      measure(pid, { url: urlOf(size) ?? "", connections, seconds: runSeconds, headers });
    for (const contender of taking) await run(contender, 5);
    for (let round = 0; round < rounds; round++)
      for (const contender of taking) samples.get(contender.name)?.push(await run(contender, seconds));
    console.log(`\n${size}, ${connections} connections, medians of ${rounds} interleaved rounds of ${seconds} s`);
    console.table(Object.fromEntries([...samples].map(([name, each]) => [name, rowOf(each)])));
    judge(size, samples);
  }
}

function judge(size: Size, samples: Map<string, Sample[]>): void {
  const speed = (name: string) => medianOf(samples, name, "perSec");
  const cpu = (name: string) => medianOf(samples, name, "cpuUs");
  const ours = "turnpike";
  if (size === "256k") {
    tell("requests/s against nginx", speed(ours) / speed("nginx"), ">= 0.6");
    return;
  }
  tell("CPU against nginx", cpu(ours) / cpu("nginx"), "<= 5");
  tell("requests/s against reply-from", speed(ours) / speed("reply-from"), ">= 1.6");
  tell("requests/s against hono proxy()", speed(ours) / speed("hono"), ">= 4");
  tell("CPU of the envelope against reply-from", cpu("turnpike envelope") / cpu("reply-from"), "<= 1");
}

function tell(what: string, ratio: number, target: string): void {
  const bound = Number(target.slice(3));
  const isMet = target.startsWith("<=") ? ratio <= bound : ratio >= bound;
  console.log(`${isMet ? "met   " : "MISSED"} ${what}: ${ratio.toFixed(2)} (target ${target})`);
}

function medianOf(samples: Map<string, Sample[]>, name: string, field: keyof Sample): number {
  return median((samples.get(name) ?? []).map((sample) => sample[field]));
}

function rowOf(samples: readonly Sample[]) {
  const of = (field: keyof Sample) => median(samples.map((sample) => sample[field]));
  return {
    "requests/s": Math.round(of("perSec")),
    "p50 ms": Number(of("p50Ms").toFixed(2)),
    "p99 ms": Number(of("p99Ms").toFixed(2)),
    "CPU us/request": Number(of("cpuUs").toFixed(1)),
  };
}
