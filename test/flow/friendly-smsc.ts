import { once } from "node:events";
import type { AddressInfo } from "node:net";
import smpp, { type PDU, type Session } from "smpp";

/** An SMSC that delivers whatever it gets, says so, and has texts that begin with "Reply " answered with the rest. */
export async function startFriendlySmsc(): Promise<{ url: string; close(): Promise<void> }> {
  const bound = new Set<Session>();
  let ids = 0;
  const server = smpp.createServer({}, (session) => {
    bound.add(session);
    session.on("close", () => bound.delete(session));
    session.on("error", () => session.destroy());
    session.on("pdu", (pdu: PDU) => {
      if (pdu.isResponse()) return;
      const id = String(++ids);
      session.send(pdu.response(pdu.command === "submit_sm" ? { message_id: id } : { system_id: "friendly" }));
      if (pdu.command === "submit_sm") deliver(session, pdu, id);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `smpp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const session of bound) session.destroy();
      await once(server.close(), "close");
    },
  };
}

function deliver(session: Session, submit: PDU, id: string): void {
  const back = { source_addr: submit.destination_addr, destination_addr: submit.source_addr };
  const done = "sub:001 dlvrd:001 submit date:2611210700 done date:2611210700 stat:DELIVRD err:000 text:";
  session.send(new smpp.PDU("deliver_sm", { ...back, esm_class: 4, short_message: `id:${id} ${done}` }));
  const [, reply] = /^Reply (.+)$/s.exec(wordsOf(submit)) ?? [];
  // UCS-2, which says every word.
  if (reply) session.send(new smpp.PDU("deliver_sm", { ...back, data_coding: 8, short_message: { message: reply } }));
}

const wordsOf = ({ short_message: text }: PDU): string => String((text as { message?: unknown })?.message ?? "");
