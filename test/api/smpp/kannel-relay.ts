import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import smpp, { type PDU, type Session } from "smpp";
import { KANNEL_SYSTEM_ID, KANNEL_USER } from "../../support/kannel.ts";

/**
 * An SMSC with Kannel behind it, whose own SMPP is a client's only. Texts go into Kannel over HTTP and are receipted
 * when Kannel says so, or, for recipients that `asTheyAre` names, by its SMPP client octet for octet; what that client
 * submits, which phones have written, is delivered octet for octet.
 */
export type Relay = { readonly port: number; attach(sendsms: string): void; close(): Promise<void> };

const RECEIPT = 0x04;
/** Kannel's `dlr-mask`: delivered to the phone, not delivered. */
const STATES: Readonly<Record<string, string>> = { 1: "DELIVRD", 2: "UNDELIV", 16: "REJECTD" };

export async function startRelay(asTheyAre: (to: string) => boolean): Promise<Relay> {
  const sessions: { us?: Session; kannel?: Session } = {};
  let sendsms = "";
  const texts: PDU[] = [];
  const news = await listen(
    createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "/", "http://relay");
      const text = texts[Number(searchParams.get("id"))];
      const state = STATES[searchParams.get("type") ?? ""];
      if (text && state) sessions.us?.deliver_sm(receiptOf(text, Number(searchParams.get("id")), state), () => {});
      response.end();
    }),
  );
  const submitToKannel = async (text: PDU): Promise<number> => {
    const id = texts.push(text) - 1;
    const dlr = `http://127.0.0.1:${news.port}/dlr?type=%d&id=${id}`;
    const response = await fetch(`${sendsms}?${queryOf(text, dlr)}`);
    if (response.status !== 202) throw new Error(`Kannel answered ${response.status}`);
    return id;
  };
  const take = async (session: Session, pdu: PDU): Promise<void> => {
    if (pdu.command === "bind_transceiver") {
      sessions[pdu.system_id === KANNEL_SYSTEM_ID ? "kannel" : "us"] = session;
      session.send(pdu.response({ system_id: "relay" }));
    } else if (pdu.command !== "submit_sm") session.send(pdu.response());
    else if (session === sessions.kannel) pass(pdu, session, sessions.us);
    else if (asTheyAre(pdu.destination_addr)) pass(pdu, session, sessions.kannel);
    else session.send(pdu.response({ message_id: hex(await submitToKannel(pdu)) }));
  };
  const server = smpp.createServer({}, (session) => {
    session.on("error", () => {});
    session.on("pdu", (pdu: PDU) => {
      if (!pdu.isResponse()) take(session, pdu).catch(() => session.send(pdu.response({ command_status: 8 })));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    attach: (url) => {
      sendsms = url;
    },
    close: async () => {
      for (const session of Object.values(sessions)) session.destroy();
      server.close();
      await news.close();
    },
  };
}

/** A submit becomes what is delivered at the other end, and is answered once that has been taken. */
function pass(submit: PDU, from: Session, to: Session | undefined): void {
  const { source_addr_ton, source_addr_npi, source_addr, dest_addr_ton, dest_addr_npi, destination_addr } = submit;
  const { udh, message } = submit.short_message;
  const deliver = {
    ...{ source_addr_ton, source_addr_npi, source_addr, dest_addr_ton, dest_addr_npi, destination_addr },
    esm_class: submit.esm_class & 0x40,
    data_coding: submit.data_coding,
    short_message: Array.isArray(udh) ? { udh: wholeHeader(udh), message } : { message },
  };
  const isTaken = to?.deliver_sm(deliver, (answer) =>
    from.send(submit.response({ message_id: "0", command_status: answer.command_status })),
  );
  if (!isTaken) from.send(submit.response({ command_status: 8 }));
}

const wholeHeader = (elements: Buffer[]): Buffer =>
  Buffer.concat([Buffer.from([Buffer.concat(elements).length]), ...elements]);

function queryOf({ source_addr, destination_addr, data_coding, short_message }: PDU, dlr: string): URLSearchParams {
  const coding = data_coding === 8 ? { coding: "2", charset: "UTF-8" } : { coding: "0", charset: "UTF-8" };
  const text = String(short_message.message);
  const routed = { from: source_addr, to: destination_addr, text, "dlr-mask": "31", "dlr-url": dlr };
  return new URLSearchParams({ ...KANNEL_USER, ...coding, ...routed });
}

/** As many carriers do: in hex in the answer, in decimal and padded in the receipt. */
const hex = (id: number) => (0xa0 + id).toString(16).toUpperCase();

function receiptOf({ source_addr, destination_addr, short_message }: PDU, id: number, state: string) {
  const dates = "submit date:2611210700 done date:2611210700";
  const told = `id:${String(0xa0 + id).padStart(10, "0")} sub:001 dlvrd:001 ${dates} stat:${state} err:000`;
  return {
    source_addr: destination_addr,
    destination_addr: source_addr,
    esm_class: RECEIPT,
    short_message: `${told} text:${String(short_message.message).slice(0, 20)}`,
  };
}

async function listen(server: Server): Promise<{ port: number; close(): Promise<void> }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    await once(server.close(), "close");
  };
  return { port: (server.address() as AddressInfo).port, close };
}
