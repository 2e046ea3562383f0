import { z } from "zod";
import { type Account, act, ask, type Reply } from "./account.ts";

const shape = z.object({
  data: z.object({
    name: z.string().nullish(),
    enabled: z.boolean().nullish(),
    webhook_url: z.string().nullish(),
    webhook_api_version: z.string().nullish(),
  }),
});

export type Profile = z.infer<typeof shape>["data"];

/** Where Telnyx tells us of texts to our numbers. */
export const inboundUrlOf = ({ publicUrl }: Pick<Account, "publicUrl">): string =>
  `${publicUrl}/api/v1/carrier/telnyx/messages`;

export async function profileOf(account: Account, profileId: string): Promise<Reply<Profile>> {
  const reply = await ask(account, { what: "profile", path: `/messaging_profiles/${profileId}` }, shape);
  return reply.kind === "data" ? { kind: "data", data: reply.data.data } : reply;
}

/**
 * True: texts to lines are told to somebody. A profile that tells nobody is told to tell us; one that tells somebody else
 * is the operator's own choice, and the doctor's to complain about.
 */
export async function profileHears(account: Account): Promise<boolean> {
  const { profileId } = account.env;
  const reply = await profileOf(account, profileId);
  if (reply.kind !== "data") return false;
  if (reply.data.webhook_url) return true;
  const body = { webhook_url: inboundUrlOf(account), webhook_api_version: "2" };
  const path = `/messaging_profiles/${profileId}`;
  return (await act(account, { what: "profile", method: "PATCH", path, body }, shape)).kind === "data";
}
