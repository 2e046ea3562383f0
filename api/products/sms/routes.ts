import { Hono } from "hono";
import type { Db } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import type { MessageStatus } from "../../providers/phone/messages.ts";

const MESSAGE_ID = /^msg-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** What became of a text, under /api/v1/messages: for whoever knows its id, which cannot be guessed. Its words are not told. */
export function messageRoutes({ db }: { db: Db }): Hono {
  const routes = new Hono();
  routes.get("/:id", async (c) => {
    const [, messageId] = MESSAGE_ID.exec(c.req.param("id")) ?? [];
    const row = messageId === undefined ? undefined : await findMessage(db, messageId);
    if (!row) throw new ApiError("not_found", { message: "There is no message with this id." });
    c.header("Cache-Control", "no-store");
    const { line, other, segments, status, created_at, updated_at } = row;
    return c.json({
      success: true,
      messageId: c.req.param("id").toLowerCase(),
      ...(line !== null && { from: line }),
      to: other,
      segments,
      status,
      createdAt: created_at.toISOString(),
      updatedAt: updated_at.toISOString(),
    });
  });
  return routes;
}

type Row = {
  line: string | null;
  other: string;
  segments: number;
  status: MessageStatus;
  created_at: Date;
  updated_at: Date;
};

async function findMessage(db: Db, messageId: string): Promise<Row | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "find-message",
    text: `select line, other, segments, status, created_at, updated_at from app.message
           where message_id = $1 and direction = 'outbound'`,
    values: [messageId],
  });
  return rows[0];
}
