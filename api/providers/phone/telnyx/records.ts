import { z } from "zod";
import { type Account, ask, queryOf, type Reply } from "./account.ts";

const shape = z.object({
  data: z.array(
    z.object({
      uuid: z.uuid(),
      direction: z.string(),
      cld: z.string().nullish(),
      created_at: z.coerce.date(),
      status: z.string().nullish(),
      cost: z.string().nullish(),
      currency: z.string().nullish(),
      profile_id: z.string().nullish(),
      delivery_status_webhook_url: z.string().nullish(),
    }),
  ),
  meta: z.object({ total_pages: z.int() }),
});

/** What Telnyx has on record of a message, without its text. */
export type MessageRecord = z.infer<typeof shape>["data"][number];

type Wanted = { since: Date; page: number; to?: string; direction?: "outbound" };

/** The latest first, 50 a page. `since` counts in whole days. */
export async function listRecords(
  account: Account,
  { since, page, to, direction }: Wanted,
): Promise<Reply<{ records: MessageRecord[]; isLast: boolean }>> {
  const filters = {
    "filter[record_type]": "messaging",
    ...(direction && { "filter[direction]": direction }),
    ...(to && { "filter[cld]": to }),
    "filter[created_at][gte]": since.toISOString().slice(0, 10),
    ...{ sort: "-created_at", "page[number]": String(page), "page[size]": "50" },
  };
  const reply = await ask(account, { what: "records", path: `/detail_records${queryOf(filters)}` }, shape);
  if (reply.kind !== "data") return reply;
  const { data: records, meta } = reply.data;
  return { kind: "data", data: { records, isLast: page >= meta.total_pages } };
}
