import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

/**
 * What tells a process from a later one that got the same number: when it began. Undefined when there is none, or only
 * a zombie.
 */
export function identityOf(pid: number): string | undefined {
  return existsSync("/proc/self/stat") ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name stands in brackets and may hold anything; fields are counted from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

function fromPs(pid: number): string | undefined {
  const { stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
  const line = (stdout ?? "").trim();
  return line && !line.startsWith("Z") ? line.replace(/^\S+\s+/, "") : undefined;
}
