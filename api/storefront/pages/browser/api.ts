export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export type Ask = {
  /** Sent as JSON. */
  body?: unknown;
  /** Token of a sign-in. */
  bearer?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

export type Answer = { status: number; headers: Headers; text: string; body: unknown };

/** What the server, or nobody, said instead of yes. The message is for a person to read. */
export class Refusal extends Error {
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly code: string;
  /** The whole answer, where there was one. */
  readonly body: unknown;
  readonly retryAfterSec: number | undefined;

  constructor(message: string, { status, code, body, retryAfterSec }: Told) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.body = body;
    this.retryAfterSec = retryAfterSec;
  }
}

type Told = { status: number; code: string; body?: unknown; retryAfterSec?: number | undefined };

/** Asks our own API. @throws Refusal for every answer but a 2xx */
export async function call<T>(method: Method, path: string, ask: Ask = {}): Promise<T> {
  const answer = await send(method, path, ask);
  if (answer.status >= 200 && answer.status < 300) return answer.body as T;
  throw refusalOf(answer);
}

/** The same with every answer as it came. @throws Refusal when none came, and AbortError */
export async function send(method: Method, path: string, { body, bearer, headers, signal }: Ask = {}): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method,
      cache: "no-store",
      headers: {
        Accept: "application/json",
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...(bearer && { Authorization: `Bearer ${bearer}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal("The server cannot be reached. Check your connection and try again.", {
      status: 0,
      code: "offline",
    });
  }
}

/** Both of the API's dialects: `{ error, message }` and `{ code, message }`. */
export function refusalOf({ status, headers, body }: Answer): Refusal {
  const { error, code, message } = (body ?? {}) as { error?: unknown; code?: unknown; message?: unknown };
  const retryAfterSec = Number(headers.get("retry-after") ?? Number.NaN);
  return new Refusal(typeof message === "string" ? message : `The server answered with ${status}.`, {
    status,
    code: String(error ?? code ?? status),
    body,
    retryAfterSec: Number.isNaN(retryAfterSec) ? undefined : retryAfterSec,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
