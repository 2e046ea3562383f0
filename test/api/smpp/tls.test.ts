import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSmppWorld, type SmppWorld } from "./smpp-world.ts";
import { startSmsc, until } from "./smsc.ts";

let folder: string;
let key: string;
let cert: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "turnpike-smpp-"));
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", path.join(folder, "key.pem"), "-out", path.join(folder, "cert.pem")],
  ]);
  expect(made.status).toBe(0);
  key = await readFile(path.join(folder, "key.pem"), "utf8");
  cert = await readFile(path.join(folder, "cert.pem"), "utf8");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("an SMSC with TLS", () => {
  const over = async (env: Record<string, string>, work: (world: SmppWorld) => Promise<void>) => {
    const smsc = await startSmsc({ key, cert });
    const world = await createSmppWorld({ SMPP_URL: `ssmpp://127.0.0.1:${smsc.port}`, ...env }, { smsc });
    try {
      await work(world);
    } finally {
      await world.close();
      await smsc.close();
    }
  };

  it("whom the operator trusts is bound to", () =>
    over({ SMPP_CA: path.join(folder, "cert.pem") }, async (world) => {
      await world.bound();
      expect(await world.send(world.text())).toMatchObject({ kind: "accepted" });
    }));

  it("whom nobody vouches for gets no password", () =>
    over({}, async (world) => {
      await until(
        world.phone.health,
        ({ problems }) => problems[0] === "The SMSC is out of reach, or gives no answer.",
      );
      expect(world.smsc.binds).toEqual([]);
    }));
});
