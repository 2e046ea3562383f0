import type { BrowserContext, Request } from "playwright-core";

/** What must never happen while somebody is here, whatever a test is about. */
export type Guards = {
  /** Sentences about what went wrong so far. */
  faults(): readonly string[];
  /** Every script that came over the wire, with what it weighed there. */
  scripts(): Promise<Script[]>;
};

export type Script = { readonly url: string; readonly bytes: number; readonly encoding: string | undefined };

/** The browser itself says this of every answer that is not a success; being asked to pay is none of them. */
const REFUSAL = /^Failed to load resource: the server responded with a status of (\d{3})/;
const OWN_SCHEMES = ["blob:", "data:", "about:"];

/** Watches all pages of a context: other hosts, policy violations, words in the console, errors that nobody caught. */
export function guard(context: BrowserContext, origin: string, refusals: readonly number[]): Guards {
  const faults: string[] = [];
  const scripts: Promise<Script>[] = [];
  const isMeant = (status: number) => status === 402 || refusals.includes(status);
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && !OWN_SCHEMES.includes(url.protocol)) faults.push(`asked another host: ${url.href}`);
  });
  context.on("requestfinished", (request) => {
    if (request.resourceType() === "script") scripts.push(weigh(request));
  });
  context.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const status = Number(REFUSAL.exec(message.text())?.[1]);
    if (!isMeant(status)) faults.push(`the console says: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => faults.push(`nobody caught: ${error.error().stack ?? error.error().message}`));
  return { faults: () => faults, scripts: () => Promise.all(scripts) };
}

async function weigh(request: Request): Promise<Script> {
  const [{ responseBodySize }, response] = await Promise.all([request.sizes(), request.response()]);
  const encoding = await response?.headerValue("content-encoding");
  return { url: request.url(), bytes: responseBodySize, encoding: encoding ?? undefined };
}
