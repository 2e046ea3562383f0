import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { TwilioEnv } from "../../../env/twilio.ts";
import { type CarrierHttpOptions, type CarrierTold, openCarrierHttp } from "../carrier-http.ts";

const HOSTS = {
  api: "https://api.twilio.com",
  pricing: "https://pricing.twilio.com",
  lookups: "https://lookups.twilio.com",
  messaging: "https://messaging.twilio.com",
} as const;
type Host = keyof typeof HOSTS;

export type Fields = Readonly<Record<string, string>>;

export type Asked = {
  /** For the log, which shows neither paths nor numbers. */
  what: string;
  host?: Host;
  path: string;
  query?: Fields;
};

/** As the carrier's, but that every answer is Twilio's own. */
export type Told = { kind: "answer"; status: number; json: Json } | { kind: "unsent" } | { kind: "none" };

// biome-ignore lint/suspicious/noExplicitAny: every reader checks what it takes out
export type Json = any;

/** The way to Twilio's hosts. */
export type Line = {
  ask(asked: Asked): Promise<Told>;
  act(asked: Asked & { form: Fields }): Promise<Told>;
  remove(asked: Asked): Promise<Told>;
  close(): Promise<void>;
};

export type LineDeps = { clock: Clock; log: Logger } & Pick<CarrierHttpOptions, "timeoutMs">;

const FORM = { "content-type": "application/x-www-form-urlencoded" };

export function openLine(env: TwilioEnv, deps: LineDeps): Line {
  const headers = { authorization: authorizationOf(env) };
  const { timeoutMs } = deps;
  const open = (url: string) =>
    openCarrierHttp(deps, { carrier: "twilio", url, headers, ...(timeoutMs && { timeoutMs }) });
  const ways = new Map(Object.values(HOSTS).map((url) => [url, open(env.url ?? url)]));
  const to = (host: Host = "api") => ways.get(HOSTS[host]) as ReturnType<typeof open>;
  return {
    ask: async ({ what, host, ...asked }) => theirs(await to(host).ask({ what, method: "GET", path: pathOf(asked) })),
    act: async ({ what, host, form, ...asked }) => {
      const body = new URLSearchParams(form).toString();
      return theirs(await to(host).act({ what, method: "POST", path: pathOf(asked), headers: FORM, body }));
    },
    remove: async ({ what, host, ...asked }) =>
      theirs(await to(host).act({ what, method: "DELETE", path: pathOf(asked) })),
    close: async () => {
      await Promise.all([...ways.values()].map((way) => way.close()));
    },
  };
}

function authorizationOf({ accountSid, authToken, apiKey }: TwilioEnv): string {
  const user = apiKey ? `${apiKey.sid}:${apiKey.secret}` : `${accountSid}:${authToken}`;
  return `Basic ${Buffer.from(user).toString("base64")}`;
}

const pathOf = ({ path, query = {} }: Pick<Asked, "path" | "query">): string =>
  Object.keys(query).length > 0 ? `${path}?${new URLSearchParams(query)}` : path;

/** A proxy's page says nothing of what was done behind it. */
function theirs(told: CarrierTold): Told {
  if (told.kind !== "answer") return told;
  const { status, json } = told;
  if (status === 204) return { ...told, json: {} };
  return typeof json === "object" && json !== null ? { kind: "answer", status, json } : { kind: "none" };
}
