import { z } from "zod";
import { type Account, act, ask, queryOf } from "./account.ts";
import { isBusy } from "./refusals.ts";

export type Held = { id: string; reference: string | undefined; profileId: string | undefined };

const gone = new Set(["deleted", "purchase-failed", "ported-out"]);
const shape = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      phone_number: z.string(),
      status: z.string(),
      customer_reference: z.string().nullish(),
      messaging_profile_id: z.string().nullish(),
    }),
  ),
});

/** The number as the account holds it; `unknown` while nothing can be said. */
export async function heldNumber(account: Account, phoneNumber: string): Promise<Held | undefined | "unknown"> {
  const path = `/phone_numbers${queryOf({ "filter[phone_number]": phoneNumber })}`;
  const reply = await ask(account, { what: "held", path }, shape);
  if (reply.kind !== "data") return "unknown";
  const told = reply.data.data.find((one) => one.phone_number === phoneNumber && !gone.has(one.status));
  if (!told) return undefined;
  const { id, customer_reference: reference, messaging_profile_id: profileId } = told;
  return { id, reference: reference || undefined, profileId: profileId ?? undefined };
}

/** Says what the number is for and where its texts go. Again changes nothing. `refused`: it never will be so. */
export async function configure(
  account: Account,
  reference: string,
  held: Held,
): Promise<"done" | "refused" | "unknown"> {
  const { profileId } = account.env;
  const path = `/phone_numbers/${encodeURIComponent(held.id)}`;
  const changes = [
    ...(held.reference === reference ? [] : [{ path, body: { customer_reference: reference } }]),
    ...(held.profileId === profileId ? [] : [{ path: `${path}/messaging`, body: { messaging_profile_id: profileId } }]),
  ];
  for (const change of changes) {
    const reply = await act(account, { what: "configure", method: "PATCH", ...change }, z.looseObject({}));
    if (reply.kind === "refused" && !isBusy(reply.codes)) return "refused";
    if (reply.kind !== "data") return "unknown";
  }
  return "done";
}

/** @throws Error when it is not certain that the account holds it no more */
export async function release(
  account: Account,
  { reference, phoneNumber }: { reference: string; phoneNumber: string },
): Promise<void> {
  const held = await heldNumber(account, phoneNumber);
  if (held === "unknown") throw new Error("the carrier gave no answer");
  // Sold again since: its next holder keeps it.
  if (held === undefined || (held.reference !== undefined && held.reference !== reference)) return;
  const path = `/phone_numbers/${encodeURIComponent(held.id)}`;
  const reply = await act(account, { what: "release", method: "DELETE", path }, z.looseObject({}));
  if (reply.kind === "data" || (reply.kind === "refused" && reply.status === 404)) return;
  throw new Error("the carrier gave no answer");
}
