import { once } from "node:events";
import type { AddressInfo } from "node:net";
import smpp, { type PDU, type Session } from "smpp";
import { vi } from "vitest";

/** What it does with a submit: an answer's fields, no answer, or the end of the connection. */
export type Reply = { command_status?: number; message_id?: string } | "silence" | "drop";

/** An SMSC from the npm package, in the hands of a test. */
export type Smsc = {
  readonly port: number;
  /** Status that binds are answered with. */
  bindStatus: number;
  /** Every bind that came. */
  readonly binds: readonly PDU[];
  /** Every submit that came, whatever was answered. */
  readonly submits: readonly PDU[];
  /** Everything else that came, answers too. */
  readonly others: readonly PDU[];
  /** Whether it answers what keeps the line alive. */
  isAlive: boolean;
  /** What the next submits get; then they are taken, under the ids 1, 2, 3… */
  readonly replies: Reply[];
  /** Delivers something, and gives the status of the answer. */
  deliver(options: Record<string, unknown>): Promise<number>;
  /** A receipt for a submit. */
  receipt(submit: PDU | undefined, id: string, state: string): Promise<number>;
  /** The answer to a submit that got silence. */
  answer(submit: PDU | undefined, fields: Record<string, unknown>): void;
  /** Octets that are no PDU, or a part of one. */
  write(octets: Buffer): void;
  ask(pdu: PDU): Promise<PDU>;
  drop(): void;
  /** How many are bound now. */
  bound(): number;
  close(): Promise<void>;
};

export async function startSmsc(tls: { key?: string; cert?: string } = {}): Promise<Smsc> {
  const sessions: Session[] = [];
  const connected = new Set<Session>();
  let ids = 0;
  const current = (): Session => {
    const session = sessions.at(-1);
    if (!session) throw new Error("nobody is bound");
    return session;
  };
  const binds: PDU[] = [];
  const submits: PDU[] = [];
  const others: PDU[] = [];
  const bind = (session: Session, pdu: PDU) => {
    binds.push(pdu);
    if (smsc.bindStatus === 0) sessions.push(session);
    session.send(pdu.response({ command_status: smsc.bindStatus, system_id: "smsc" }));
  };
  const submit = (session: Session, pdu: PDU) => {
    submits.push(pdu);
    const reply = smsc.replies.shift() ?? {};
    if (reply === "drop") return session.destroy();
    if (reply !== "silence")
      session.send(pdu.response({ message_id: reply.command_status ? "" : String(++ids), ...reply }));
  };
  const take = (session: Session, pdu: PDU) => {
    if (pdu.command === "bind_transceiver") return bind(session, pdu);
    if (pdu.command === "submit_sm") return submit(session, pdu);
    others.push(pdu);
    if (!pdu.isResponse() && smsc.isAlive) session.send(pdu.response());
  };
  const server = smpp.createServer(tls, (session) => {
    connected.add(session);
    session.on("error", () => session.destroy());
    session.on("close", () => {
      connected.delete(session);
      if (sessions.includes(session)) sessions.splice(sessions.indexOf(session), 1);
    });
    session.on("pdu", (pdu: PDU) => take(session, pdu));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const ask = (pdu: PDU) => new Promise<PDU>((resolve) => current().send(pdu, resolve));
  const smsc: Smsc = {
    port: (server.address() as AddressInfo).port,
    bindStatus: 0,
    isAlive: true,
    replies: [],
    ...{ binds, submits, others, ask },
    deliver: async (options) => (await ask(new smpp.PDU("deliver_sm", options))).command_status,
    receipt: (text, id, state) => smsc.deliver(receiptOf(text, id, state)),
    answer: (submit, fields) => void (submit && current().send(submit.response(fields))),
    write: (octets) => void current().socket.write(octets),
    drop: () => current().destroy(),
    bound: () => sessions.length,
    close: async () => {
      for (const session of connected) session.destroy();
      await once(server.close(), "close");
    },
  };
  return smsc;
}

const receiptOf = (submit: PDU | undefined, id: string, state: string) => ({
  source_addr: submit?.destination_addr ?? "447700900099",
  destination_addr: submit?.source_addr ?? "Turnpike",
  esm_class: 4,
  short_message: `id:${id} sub:001 dlvrd:001 submit date:2611210700 done date:2611210700 stat:${state} err:000 text:`,
});

export const until = <T>(look: () => T | Promise<T>, isSo: (seen: T) => boolean): Promise<T> =>
  vi.waitFor(
    async () => {
      const seen = await look();
      if (!isSo(seen)) throw new Error(`still ${JSON.stringify(seen)}`);
      return seen;
    },
    { timeout: 10_000, interval: 20 },
  );
