import { createHash } from "node:crypto";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { SMPP } from "../../../limits.ts";
import type { Inbox } from "../inbox.ts";
import { plain, writerOf } from "./addresses.ts";
import { decodeText } from "./alphabet.ts";
import { countryOf } from "./lines.ts";
import type { Deliver } from "./pdu.ts";
import { readShortMessage } from "./short-message.ts";

export type InboundDeps = { db: Db; clock: Clock; inbox: Inbox; pool: string };

/** A text of one sender, or a piece of one. */
type Group = { sender: string; recipient: string; textNumber: string; parts: number };

/** Which process, connection and place on it a message came by, with a space between. */
export type Way = `${string} ${number} ${number}`;

/**
 * Keeps a message from outside, which is told once all of its parts are here. A carrier that missed our answer repeats
 * the message on the process's next connection; on the same one, somebody has written the same again.
 */
export async function keepDelivered(deps: InboundDeps, deliver: Deliver, cameBy: Way): Promise<void> {
  const { octets, dataCoding, place } = readShortMessage(deliver);
  const group = await groupOf(deps, deliver, place ?? { textNumber: hashOf(octets), parts: 1 });
  const now = new Date(deps.clock.nowMs());
  await deps.db.pool.query(
    `insert into app.smpp_inbound as known
       (sender, recipient, text_number, parts, part, octets, data_coding, came_by, kept_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (sender, recipient, text_number, parts, part) do update
       set octets = excluded.octets, data_coding = excluded.data_coding, came_by = excluded.came_by,
         kept_at = excluded.kept_at, is_told = false
       where known.octets <> excluded.octets or known.kept_at < $10
         or (known.parts = 1 and known.came_by <> excluded.came_by
             and (split_part(known.came_by, ' ', 2) = split_part(excluded.came_by, ' ', 2)
               or split_part(known.came_by, ' ', 1) <> split_part(excluded.came_by, ' ', 1)))`,
    [
      ...keyOf(group),
      place?.part ?? 1,
      octets,
      dataCoding,
      cameBy,
      now,
      new Date(now.getTime() - SMPP.repeatedWithinSec * 1000),
    ],
  );
  await tellWhole(deps, group);
}

/** Tells what has waited too long for its other parts, and forgets what nobody repeats any more. */
export async function tidyInbound(deps: InboundDeps): Promise<void> {
  const ago = (sec: number) => new Date(deps.clock.nowMs() - sec * 1000);
  const { rows } = await deps.db.pool.query<Row>(
    `select sender, recipient, text_number, parts from app.smpp_inbound where not is_told
     group by sender, recipient, text_number, parts having max(kept_at) < $1 limit 100`,
    [ago(SMPP.partsWithinSec)],
  );
  for (const row of rows) await tell(deps, { ...row, textNumber: row.text_number }, await piecesOf(deps, row));
  await deps.db.pool.query("delete from app.smpp_inbound where is_told and kept_at < $1", [
    ago(SMPP.partsWithinSec + SMPP.repeatedWithinSec),
  ]);
}

type Row = { sender: string; recipient: string; text_number: string; parts: number };
type Piece = { part: number; octets: Buffer; data_coding: number; came_by: string; kept_at: Date };

async function tellWhole(deps: InboundDeps, group: Group): Promise<void> {
  const pieces = await piecesOf(deps, { ...group, text_number: group.textNumber });
  if (pieces.length === group.parts) await tell(deps, group, pieces);
}

async function piecesOf({ db }: InboundDeps, row: Row): Promise<Piece[]> {
  const { rows } = await db.pool.query<Piece>(
    `select part, octets, data_coding, came_by, kept_at from app.smpp_inbound
     where sender = $1 and recipient = $2 and text_number = $3 and parts = $4 and not is_told order by part`,
    [row.sender, row.recipient, row.text_number, row.parts],
  );
  return rows;
}

/** Again has no further effect: the same pieces have the same name. */
async function tell({ db, inbox, pool }: InboundDeps, group: Group, pieces: readonly Piece[]): Promise<void> {
  const { sender: from, recipient } = group;
  const at = new Date(Math.min(...pieces.map(({ kept_at }) => kept_at.getTime())));
  const text = textOf(pieces);
  if (text !== "") {
    const carrierId = hashOf(Buffer.from(JSON.stringify([...keyOf(group), ...pieces.map(({ came_by }) => came_by)])));
    const line = recipient === plain(pool) ? undefined : lineOf(recipient);
    const to = line ?? pool;
    await inbox.keep({ newsId: `message:${carrierId}`, at, kind: "inbound", carrierId, line, from, to, text });
  }
  await db.pool.query(
    `update app.smpp_inbound set is_told = true
     where sender = $1 and recipient = $2 and text_number = $3 and parts = $4 and part = any($5)`,
    [...keyOf(group), pieces.map(({ part }) => part)],
  );
}

/** Parts of one coding are read as one: some end within a character. What is data for a program is no text. */
function textOf(pieces: readonly Piece[]): string {
  const [first] = pieces;
  const isOne = pieces.every(({ data_coding }) => data_coding === first?.data_coding);
  const runs = isOne && first ? [{ ...first, octets: Buffer.concat(pieces.map(({ octets }) => octets)) }] : pieces;
  return runs.map(({ data_coding: dataCoding, octets }) => decodeText({ dataCoding, octets }) ?? "").join("");
}

async function groupOf(
  { db }: InboundDeps,
  { from, to }: Deliver,
  { textNumber, parts }: { textNumber: number | string; parts: number },
): Promise<Group> {
  const recipient = plain(to.address);
  const sender = writerOf(from, await countryOf(db.pool, lineOf(recipient)));
  return { sender, recipient, textNumber: String(textNumber), parts };
}

const keyOf = ({ sender, recipient, textNumber, parts }: Group) => [sender, recipient, textNumber, parts] as const;
const lineOf = (digits: string): string => (/^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : digits);
const hashOf = (octets: Buffer): string => createHash("sha256").update(octets).digest("hex").slice(0, 32);
