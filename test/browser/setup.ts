import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    chromiumPath: string;
  }
}

/** Names a Chromium that starts, for `inject("chromiumPath")`; installs Debian's where there is none and we may. */
export default function setup(project: TestProject): void {
  project.provide("chromiumPath", chromium());
}

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = ["Chromium", "Google Chrome"].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`);

function chromium(): string {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!starts(given)) throw new Error(`CHROMIUM_PATH names no browser that starts: ${given}`);
    return path.resolve(given);
  }
  const found = programs().find(starts);
  if (found) return found;
  install();
  const installed = programs().find(starts);
  if (!installed) throw new Error(`apt-get has installed Chromium, and it does not start. ${ADVICE}`);
  return installed;
}

/** Playwright wants whole paths. */
function programs(): string[] {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return [...NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))), ...PLACES].filter(existsSync);
}

const ADVICE = "Install Chromium or Chrome yourself and name its program in CHROMIUM_PATH.";

/** Not its mere presence: some distributions have a program of that name that only says where to get one. */
function starts(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

function install(): void {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new Error(`The browser tests found no Chromium, and only root on Debian can install one here. ${ADVICE}`);
  console.log("browser tests: installing Debian's Chromium (once)");
  apt("update");
  apt("install", "-y", "--no-install-recommends", "chromium", "fonts-liberation");
}

/** In one piece, so that two projects of one run never do it at once; another program that installs is waited for. */
function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, stderr, stdout } = spawnSync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=600", ...args], {
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(" ")} failed. ${ADVICE}\n${stdout}\n${stderr}`);
}
