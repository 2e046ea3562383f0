import { execFile } from "node:child_process";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { examine } from "../../../dev/doctor/examine.ts";
import { webhooks } from "../../../dev/doctor/webhooks.ts";
import { freshDatabase } from "../../support/database.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";
import { createTwilioShop, type TwilioShop } from "../twilio/twilio-shop.ts";
import { rulesFile } from "./rules-world.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A node of this chain, and nothing more. */
const node = (chainId: number) =>
  serve((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk) => body.push(chunk));
    request.on("end", () => {
      const { id } = JSON.parse(Buffer.concat(body).toString());
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result: `0x${chainId.toString(16)}` }));
    });
  });

let databaseUrl: string;
beforeAll(async () => {
  databaseUrl = await freshDatabase(inject("pgUrl"));
});

const environment = async (more: NodeJS.ProcessEnv = {}) => ({
  DATABASE_URL: databaseUrl,
  SESSION_KEYS: "11".repeat(32),
  SECRETS_KEY: "22".repeat(32),
  GATEWAY_ADDRESS: "0x1111111111111111111111111111111111111111",
  GATEWAY_START_BLOCK: "1",
  AVALANCHE_RPC_URL: await node(43_114),
  PHONE_CARRIER: "sandbox",
  ...more,
});

const problemsOf = async (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(
    (await examine(env)).filter(({ problems }) => problems.length > 0).map(({ name, problems }) => [name, problems]),
  );

describe("what the doctor says", () => {
  it("is nothing of a shop that is well", async () => {
    const checks = await examine(
      await environment({ PHONE_RULES: rulesFile({ caps: { textsADay: 5 }, keepMessagesDays: 3 }) }),
    );
    expect(checks.flatMap(({ problems }) => problems)).toEqual([]);
    const facts = Object.fromEntries(checks.map((one) => [one.name, one.facts]));
    expect(facts).toMatchObject({
      carrier: { carrier: "sandbox" },
      rules: { caps: "textsADay", "messages kept": "3 days" },
      chains: { AVALANCHE_RPC_URL: "chain 43114" },
    });
  });

  it("names variables that are missing, and looks no further", async () => {
    const checks = await examine({ SESSION_KEYS: "short" });
    expect(checks.map(({ name }) => name)).toEqual(["environment"]);
    expect(checks[0]?.problems).toEqual(
      expect.arrayContaining([
        "DATABASE_URL: is missing",
        "SECRETS_KEY: is missing",
        "SESSION_KEYS: needs 32-byte hex keys",
      ]),
    );
  });

  it("is every problem at once", async () => {
    const nobody = "http://127.0.0.1:1";
    const found = await problemsOf(
      await environment({
        AVALANCHE_RPC_URL: await node(1),
        BASE_RPC_URL: nobody,
        FACILITATOR_URL: nobody,
        PHONE_RULES: rulesFile({ blocked: ["x"] }),
        OTP_SUPPLIER_URL: `${nobody}/stubs/handler_api.php`,
        OTP_SUPPLIER_KEY: "a-key-that-is-secret",
        OTP_CATALOG: rulesFile({
          services: [{ id: "a", name: "A", code: "a" }],
          countries: [{ id: "us", name: "US", code: "1" }],
        }),
      }),
    );
    expect(found).toEqual({
      rules: [expect.stringContaining("blocked[0]")],
      chains: ["AVALANCHE_RPC_URL: the node is of chain 1, not 43114.", "BASE_RPC_URL: the node gives no answer."],
      payments: [expect.stringContaining("FACILITATOR_URL")],
      codes: [expect.stringContaining("OTP_SUPPLIER_URL"), expect.stringContaining("No supplier")],
    });
    expect(JSON.stringify(found)).not.toContain("a-key-that-is-secret");
  });

  it("is that the database is away, without its password", async () => {
    const found = await problemsOf(await environment({ DATABASE_URL: "postgres://me:hush-hush@127.0.0.1:1/none" }));
    expect(found.database).toEqual(["DATABASE_URL: the database can not be reached (ECONNREFUSED)."]);
    expect(JSON.stringify(found)).not.toContain("hush-hush");
  });
});

describe("a database that no API has used yet", () => {
  const SMPP = { SMPP_URL: "smpp://127.0.0.1:1", SMPP_SYSTEM_ID: "me", SMPP_PASSWORD: "hush-hush", SMPP_FROM: "SHOP" };
  it.each<[string, NodeJS.ProcessEnv, string[]]>([
    ["sandbox", {}, []],
    ["smpp", SMPP, ["DATABASE_URL: the API has made no tables there yet: start it once."]],
  ])("is left as it is, with %s", async (carrier, more, problems) => {
    const found = await problemsOf(await environment({ PHONE_CARRIER: carrier, ...more }));
    expect(found.carrier ?? []).toEqual(problems);
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query("select nspname from pg_namespace where nspname in ('app', 'carrier')");
    await client.end();
    expect(rows).toEqual([]);
  });
});

describe("whether the carrier's webhooks reach us", () => {
  let shop: PhoneShop;
  beforeAll(async () => {
    shop = await createPhoneShop();
  });
  afterAll(() => shop?.close());

  it("is known by our own refusal", async () => {
    expect((await webhooks(shop.server.url)).problems ?? []).toEqual([]);
  });

  it.each<[string, () => Promise<string | undefined>, string]>([
    ["is missing", async () => undefined, "PUBLIC_URL: is missing"],
    ["leads nowhere", async () => "http://127.0.0.1:1", "Nothing answers at PUBLIC_URL"],
    [
      "leads to another",
      () => serve((_, response) => response.writeHead(401).end("{}")),
      "is not this API with a carrier",
    ],
    ["leads to a page", () => serve((_, response) => response.end("<html>")), "(status 200) is not this API"],
    ["redirects", () => serve((_, response) => response.writeHead(301, { Location: "/" }).end()), "redirects"],
  ])("is not the case where PUBLIC_URL %s", async (_, publicUrl, words) => {
    expect((await webhooks(await publicUrl())).problems).toEqual([expect.stringContaining(words)]);
  });
});

describe("of a shop with a real carrier", () => {
  const login = ({ twilio }: TwilioShop) => ({
    PHONE_CARRIER: "twilio",
    TWILIO_URL: twilio.url,
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_FROM: twilio.pool,
  });
  const looked = async (env: NodeJS.ProcessEnv) =>
    Object.fromEntries((await examine(await environment(env))).map((one) => [one.name, one]));

  it("it is told that webhooks come, what is left, and what is missing", async () => {
    const at = await createTwilioShop({ balanceUsd: 2.5 });
    const found = await looked({ ...login(at), PUBLIC_URL: at.shop.server.url });
    expect(found.webhooks?.problems).toEqual([]);
    expect(found.carrier?.facts).toMatchObject({ carrier: "twilio", balance: "$2.50", account_status: "active" });
    // Of this machine alone, and little money.
    expect(found.carrier?.problems).toEqual([
      expect.stringContaining("PUBLIC_URL"),
      expect.stringContaining("The balance is low"),
    ]);
    await at.close();
  });

  it("it is told of a wrong token, of no address, and never the token", async () => {
    const at = await createTwilioShop();
    const found = await looked({ ...login(at), TWILIO_AUTH_TOKEN: "ab".repeat(16) });
    expect(found.webhooks?.problems).toEqual([expect.stringContaining("PUBLIC_URL: is missing")]);
    expect(found.carrier?.problems[0]).toContain("TWILIO_ACCOUNT_SID");
    expect(JSON.stringify(found)).not.toContain("ab".repeat(16));
    const none = await examine({ ...(await environment()), PHONE_CARRIER: "twilio" });
    const missing = ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"];
    expect(none.map(({ name }) => name)).toEqual(["environment"]);
    expect(none[0]?.problems).toEqual(missing.map((name) => expect.stringContaining(`${name}: is missing`)));
    await at.close();
  });
});

describe("node dev/doctor.ts", () => {
  const run = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
    const file = path.resolve(import.meta.dirname, "../../../dev/doctor.ts");
    return promisify(execFile)(process.execPath, [file, ...args], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  it("exits with 0 when all is well, and with 1 when something is not; --json is for programs", async () => {
    const well = await run(await environment(), "--json");
    expect([well.code, JSON.parse(well.stdout).ok]).toEqual([0, true]);
    const { code, stdout } = await run({ TURNPIKE_HOME: path.join(import.meta.dirname, "nobody-started-here") });
    expect(code).toBe(1);
    expect(stdout).toContain("PROBLEM environment\n        ! DATABASE_URL: is missing");
  });
});
