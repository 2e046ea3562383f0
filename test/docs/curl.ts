import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Documents speak by curl. A bare machine gets Debian's, where we may install it. @throws Error with a sentence for a person */
export function needCurl(): void {
  if (has("curl")) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new Error("The test of the documentation needs curl, and only root on Debian can install it here.");
  console.log("documentation: installing Debian's curl (once)");
  const apt = "apt-get -q -o DPkg::Lock::Timeout=600";
  const script = `${apt} update && ${apt} install -y --no-install-recommends curl`;
  const { status, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  if (status !== 0 || !has("curl")) throw new Error(`curl could not be installed:\n${stderr}`);
}

const has = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
