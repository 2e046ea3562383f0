import type { JsonObject } from "../sale.ts";

/** Who is let in. */
export type Who =
  | "anyone"
  | "who knows the id"
  | "paid session"
  | "merchant"
  | "signed in"
  | "key"
  | "key or signed in"
  | "signed in or managing key"
  | "operator"
  | "carrier";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One endpoint, for whoever reads about it: `/openapi.json`, `/llms.txt`, README. */
export type Endpoint = {
  /** Method and path, its parameters in braces; ANY is every method. */
  readonly on: `${Method | "ANY"} /${string}`;
  readonly who: Who;
  readonly summary: string;
  /** What its query may hold, as JSON Schema 2020-12. */
  readonly query?: JsonObject;
  /** JSON Schema 2020-12 of its JSON body, with an example. */
  readonly body?: JsonObject;
};

/** Endpoints that belong together. */
export type EndpointGroup = {
  readonly name: string;
  /** What has to be configured for them to be there. */
  readonly needs?: "phone" | "otp";
  /** True for what is looked up when it is needed, and would only fill the memory of an agent that looks around. */
  readonly isAside?: true;
  readonly endpoints: readonly Endpoint[];
};

export function splitOn({ on }: Pick<Endpoint, "on">): { method: Method | "ANY"; path: string } {
  const [method, path] = on.split(" ") as [Method | "ANY", string];
  return { method, path };
}
