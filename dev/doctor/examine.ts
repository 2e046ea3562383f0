import pg from "pg";
import { type Env, readEnv } from "../../api/env.ts";
import { Tally } from "../../api/metrics.ts";
import { openRules } from "../../api/providers/phone/rules.ts";
import { carrier } from "./carrier.ts";
import { chains, settling } from "./chains.ts";
import { type Check, check, type Seen } from "./check.ts";
import { suppliers } from "./suppliers.ts";
import { webhooks } from "./webhooks.ts";

/** Looks at everything that an operator has to set up, with the API's own environment. */
export async function examine(source: NodeJS.ProcessEnv): Promise<readonly Check[]> {
  const { env, problems } = read(source);
  const environment = { name: "environment", problems, facts: {} };
  if (!env) return [environment];
  // The carrier's tables lie in the database, too.
  const database = await check("database", () => databaseOf(env));
  const others = await Promise.all([
    check("rules", () => rules(env)),
    check("carrier", () => carrier(env)),
    ...(takesNews(env) ? [check("webhooks", () => webhooks(env.publicUrl))] : []),
    check("codes", () => suppliers(env)),
    check("chains", () => chains(env)),
    check("payments", () => settling(env)),
  ]);
  return [environment, database, ...others];
}

function read(source: NodeJS.ProcessEnv): { env?: Env; problems: string[] } {
  try {
    return { env: readEnv(source), problems: [] };
  } catch (error) {
    return { problems: (error as Error).message.split("\n") };
  }
}

const takesNews = ({ phone: { carrier: name } }: Env): boolean => name === "twilio" || name === "telnyx";

async function databaseOf({ databaseUrl: connectionString }: Env): Promise<Seen> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  // A lost connection fails the query that runs; the event would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    return { facts: { postgres: rows[0]?.version ?? "" } };
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return { problems: [`DATABASE_URL: the database can not be reached (${code ?? message}).`] };
  } finally {
    await client.end().catch(() => {});
  }
}

async function rules({ phoneRulesFile }: Env): Promise<Seen> {
  if (phoneRulesFile === undefined) return { facts: { PHONE_RULES: "none: everything at the usual prices" } };
  const { caps, keepMessagesDays } = await openRules(phoneRulesFile, new Tally());
  return {
    facts: {
      PHONE_RULES: phoneRulesFile,
      caps: Object.keys(caps).join(", ") || "none",
      "messages kept": keepMessagesDays === undefined ? "for ever" : `${keepMessagesDays} days`,
    },
  };
}
