import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { vi } from "vitest";

const BEARERBOX = "/usr/sbin/bearerbox";
const SMSBOX = "/usr/sbin/smsbox";
const FAKESMSC = "/usr/lib/kannel/test/fakesmsc";
const ADVICE = "Install Debian's kannel and kannel-extras yourself.";

/** Debian's Kannel with `fakesmsc`, an SMS centre without a network, at its far end. */
export type Kannel = {
  /** Where it takes texts for phones over HTTP: `/cgi-bin/sendsms`. */
  readonly sendsms: string;
  /** What phones have got, as `fakesmsc` prints it. */
  readonly phones: readonly string[];
  /** Somebody writes from a phone. */
  write(from: string, to: string, text: string): Promise<void>;
  stop(): Promise<void>;
};

export const KANNEL_USER = { username: "turnpike", password: "secret", smsc: "FAKE" } as const;
/** As whom its SMPP client binds. */
export const KANNEL_SYSTEM_ID = "kannel";

/** Starts it, with its SMPP client bound to `smppPort`: there leaves what phones write, and comes what phones get. */
export async function startKannel(smppPort: number): Promise<Kannel> {
  installKannel();
  const folder = await mkdtemp(path.join(tmpdir(), "turnpike-kannel-"));
  const [admin, smsbox, sendsms, fake] = await freePorts();
  const file = path.join(folder, "kannel.conf");
  await writeFile(file, configuration({ admin, smsbox, sendsms, fake, smppPort }));
  const running: ChildProcess[] = [];
  const run = (program: string, ...args: string[]) => {
    // What nobody reads would fill the pipe, and hold it up.
    const heard = program === FAKESMSC ? "pipe" : "ignore";
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", heard, heard] });
    running.push(child);
    return child;
  };
  const phones: string[] = [];
  const fakesmsc = (...args: string[]) => {
    const child = run(FAKESMSC, "-H", "127.0.0.1", "-r", String(fake), ...args);
    for (const input of [child.stdout, child.stderr])
      if (input)
        createInterface({ input }).on("line", (line) => {
          const [, got] = /Got message \d+: <(.*)>$/.exec(line) ?? [];
          if (got) phones.push(got);
        });
    return child;
  };
  const is = (what: RegExp) =>
    vi.waitFor(async () => {
      const response = await fetch(`http://127.0.0.1:${admin}/status.txt?password=bar`);
      const status = await response.text();
      if (!what.test(status)) throw new Error(`Kannel is not ready: ${status}`);
    }, 15_000);
  const stop = async () => {
    for (const child of running.reverse()) await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  const start = async () => {
    run(BEARERBOX, "-v", "4", file);
    await is(/Status: running/);
    run(SMSBOX, "-v", "4", file);
    const listening = fakesmsc("-m", "0", "nobody nobody text nothing");
    await is(/smsbox.*on-line[\s\S]*FAKE\S* .*\(online[\s\S]*SMPP\S* .*\(online/);
    return listening;
  };
  // It takes one client at a time.
  let client = await start().catch(async (error: Error) => {
    await stop();
    throw error;
  });
  return {
    sendsms: `http://127.0.0.1:${sendsms}/cgi-bin/sendsms`,
    phones,
    write: async (from, to, text) => {
      await end(client);
      client = fakesmsc("-m", "1", `${from} ${to} text ${text}`);
    },
    stop,
  };
}

function installKannel(): void {
  if ([BEARERBOX, SMSBOX, FAKESMSC].every(existsSync)) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get"))
    throw new Error(`The SMPP tests found no Kannel, and only root on Debian can install one here. ${ADVICE}`);
  console.log("SMPP tests: installing Debian's Kannel (once)");
  apt("update");
  apt("install", "-y", "--no-install-recommends", "kannel", "kannel-extras");
}

/** Another program that installs is waited for. */
function apt(...args: string[]): void {
  const { status, stderr, stdout } = spawnSync("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=600", ...args], {
    // The package would start a Kannel of its own.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`apt-get ${args.join(" ")} failed. ${ADVICE}\n${stdout}\n${stderr}`);
}

async function freePorts(): Promise<[number, number, number, number]> {
  const servers = [1, 2, 3, 4].map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port) as [number, number, number, number];
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // At other signals it says goodbye to everybody for seconds.
  child.kill("SIGKILL");
  await once(child, "exit");
}

type Ports = Record<"admin" | "smsbox" | "sendsms" | "fake" | "smppPort", number>;

/** What a phone writes goes on to the SMPP client, and what comes by that to a phone. */
const configuration = ({ admin, smsbox, sendsms, fake, smppPort }: Ports) => `
group = core
admin-port = ${admin}
admin-interface = 127.0.0.1
admin-password = bar
smsbox-port = ${smsbox}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
dlr-storage = internal
sms-combine-concatenated-mo = false

group = smsc
smsc = fake
smsc-id = FAKE
allowed-smsc-id = FAKE
port = ${fake}
connect-allow-ip = 127.0.0.1
reroute-smsc-id = SMPP

group = smsc
smsc = smpp
smsc-id = SMPP
allowed-smsc-id = SMPP
host = 127.0.0.1
port = ${smppPort}
transceiver-mode = true
smsc-username = ${KANNEL_SYSTEM_ID}
smsc-password = secret
system-type = ""
reconnect-delay = 1
reroute-smsc-id = FAKE

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = ${smsbox}
sendsms-port = ${sendsms}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = ${KANNEL_USER.username}
password = ${KANNEL_USER.password}
max-messages = 1

group = sms-service
keyword = default
max-messages = 0
text = ""
`;
