import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Linux counts a process's time in hundredths of a second, whatever its kernel's own tick. */
const MS_PER_TICK = 10;

export type Load = { url: string; connections: number; seconds: number; headers?: readonly string[]; method?: Method };
type Method = "GET" | "POST";
export type Sample = { perSec: number; p50Ms: number; p99Ms: number; cpuUs: number; requests: number };

/** One wrk run against a process: its speed, latency and CPU time for each request. Every answer must be a 2xx. */
export async function measure(pid: number, load: Load): Promise<Sample> {
  const { output, sample } = await sampled(pid, load);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`${load.url}: not every answer was good\n${output}`);
  return sample;
}

/** The same where every answer must be a refusal. */
export async function measure402(pid: number, load: Load): Promise<Sample> {
  const { output, sample } = await sampled(pid, load);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1]);
  if (refused !== sample.requests) throw new Error(`${load.url}: not every answer was a refusal\n${output}`);
  return sample;
}

async function sampled(pid: number, load: Load): Promise<{ output: string; sample: Sample }> {
  const beforeMs = cpuMs(pid);
  const output = await wrk(load);
  const cpu = cpuMs(pid) - beforeMs;
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const sample = {
    perSec: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    p50Ms: millis(/^\s+50%\s+(\S+)/m.exec(output)?.[1]),
    p99Ms: millis(/^\s+99%\s+(\S+)/m.exec(output)?.[1]),
    cpuUs: (cpu * 1000) / requests,
    requests,
  };
  return { output, sample };
}

export async function wrk({ url, connections, seconds, headers = [], method = "GET" }: Load): Promise<string> {
  const flags = [
    ...(method === "POST" ? ["-s", path.join(import.meta.dirname, "post.lua")] : []),
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    "--latency",
    ...headers.flatMap((header) => ["-H", header]),
  ];
  const { stdout } = await run("wrk", [...flags, url]);
  return stdout;
}

/** CPU time of a process and of its direct children: nginx works in a child. */
function cpuMs(pid: number): number {
  const ticks = [pid, ...childrenOf(pid)].map((id) => {
    const fields = readFileSync(`/proc/${id}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) * MS_PER_TICK;
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

export function residentMiB(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function millis(text = ""): number {
  const value = Number.parseFloat(text);
  if (text.endsWith("us")) return value / 1000;
  return text.endsWith("ms") ? value : value * 1000;
}
