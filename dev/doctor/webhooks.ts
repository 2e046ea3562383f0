import type { Seen } from "./check.ts";

const PATIENCE_MS = 8_000;

/**
 * Whether what carriers send comes to our process. Asked as they ask, at the public address and without a signature: our
 * refusal is known by its words, which nobody else says.
 */
export async function webhooks(publicUrl: string | undefined): Promise<Seen> {
  if (publicUrl === undefined)
    return { problems: ["PUBLIC_URL: is missing. Carriers need an address at which they reach us."] };
  const url = `${publicUrl}/api/v1/carrier/doctor/visit`;
  const facts = { asked: url };
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    body: "",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(causeOf);
  if (typeof answer === "string")
    return { facts, problems: [`Nothing answers at PUBLIC_URL (${answer}). Start the API, or correct PUBLIC_URL.`] };
  if (answer.status >= 300 && answer.status < 400)
    return {
      facts,
      problems: ["PUBLIC_URL redirects, and carriers sign the address that they ask: set the final one."],
    };
  if (await isOurs(answer)) return { facts };
  const problem = `What answers at PUBLIC_URL (status ${answer.status}) is not this API with a carrier: see what stands in between, and whether it runs with the same PHONE_CARRIER.`;
  return { facts, problems: [problem] };
}

async function isOurs(answer: Response): Promise<boolean> {
  const said = (await answer.json().catch(() => ({}))) as { message?: unknown; request_id?: unknown } | null;
  const isRefusal = answer.status === 401 && typeof said?.request_id === "string";
  return isRefusal && String(said?.message).includes("the carrier's signature");
}

/** Such as ECONNREFUSED. */
function causeOf(error: Error & { cause?: { code?: unknown } }): string {
  return error.name === "TimeoutError" ? "no answer in time" : String(error.cause?.code ?? error.name);
}
