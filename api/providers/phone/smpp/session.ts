import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { SMPP } from "../../../limits.ts";
import { answerTo, COMMAND, encodePdu, Gibberish, genericNack, isAnswer, type Pdu, PduStream } from "./pdu.ts";
import { STATUS } from "./status.ts";

/**
 * The connection ended, or was silent for too long, after the PDU was written: nobody knows what came of it. `late` is
 * the answer that may come yet; it rejects with the connection.
 */
export class NoAnswer extends Error {
  readonly late: Promise<Pdu> | undefined;

  constructor(message: string, late?: Promise<Pdu>) {
    super(message);
    this.late = late;
  }
}
/** Nothing of the PDU was written. */
export class NotWritten extends Error {}

/** One connection to the carrier, bound or about to be. */
export type Session = {
  /** The answer to a PDU. @throws NotWritten, NoAnswer */
  ask(command: number, body?: Buffer): Promise<Pdu>;
  /** Resolves when the connection is over, whoever ended it. */
  readonly over: Promise<void>;
  /** Says goodbye, where that is possible. */
  close(): Promise<void>;
  destroy(): void;
};

export type SessionDeps = { clock: Clock; log: Logger };
/** The answer to what the carrier delivered. */
export type Taken = { status: number; body: Buffer };
export type Taker = (pdu: Pdu) => Promise<Taken>;

/** Speaks SMPP over a socket that is connected: matches answers with what was asked, and keeps the line alive. */
export function openSession(deps: SessionDeps, socket: Socket, take: Taker): Session {
  const { clock, log } = deps;
  const asked = new Map<number, PromiseWithResolvers<Pdu>>();
  const over = Promise.withResolvers<void>();
  const ended = new AbortController();
  const stream = new PduStream();
  let sequence = 0;
  const ask = async (command: number, body: Buffer = Buffer.alloc(0)): Promise<Pdu> => {
    if (!socket.writable || ended.signal.aborted) throw new NotWritten("the carrier is not connected");
    sequence = (sequence % 0x7fffffff) + 1;
    const mine = sequence;
    const answer = Promise.withResolvers<Pdu>();
    asked.set(mine, answer);
    socket.write(encodePdu({ command, status: 0, sequence: mine, body }));
    const answered = new AbortController();
    const silence = clock.sleep(SMPP.answerSec * 1000, answered.signal).then(() => {
      throw new NoAnswer("the carrier gave no answer in time", answer.promise);
    });
    answer.promise.catch(() => {});
    silence.catch(() => {});
    try {
      return await Promise.race([answer.promise, silence]);
    } finally {
      answered.abort();
    }
  };
  const hear = async (pdu: Pdu): Promise<void> => {
    if (isAnswer(pdu)) {
      asked.get(pdu.sequence)?.resolve(pdu);
      asked.delete(pdu.sequence);
      return;
    }
    const answer = await answerOf(pdu, take);
    if (answer && socket.writable) socket.write(encodePdu(answer));
    if (pdu.command === COMMAND.unbind) socket.end();
  };
  socket.on("data", (chunk: Buffer) => {
    try {
      for (const pdu of stream.take(chunk)) void hear(pdu).catch((error: Error) => socket.destroy(error));
    } catch (error) {
      if (!(error instanceof Gibberish)) throw error;
      log.warn("the SMPP carrier sent what is no PDU");
      socket.end(encodePdu(genericNack(0, STATUS.invalidCommandLength)));
      socket.destroy();
    }
  });
  socket.on("error", () => socket.destroy());
  socket.on("end", () => socket.destroy());
  socket.once("close", () => {
    ended.abort();
    for (const answer of asked.values()) answer.reject(new NoAnswer("the connection to the carrier ended"));
    over.resolve();
  });
  const session: Session = {
    ask,
    over: over.promise,
    destroy: () => socket.destroy(),
    close: async () => {
      await ask(COMMAND.unbind).catch(() => {});
      socket.destroy();
      await over.promise;
    },
  };
  void keepAlive(clock, session, ended.signal);
  return session;
}

async function keepAlive(clock: Clock, session: Session, ended: AbortSignal): Promise<void> {
  for (;;) {
    await clock.sleep(SMPP.aliveSec * 1000, ended);
    if (ended.aborted) return;
    // Whoever does not answer this is not there any more, whatever the socket says.
    await session.ask(COMMAND.enquireLink).catch(() => session.destroy());
  }
}

async function answerOf(pdu: Pdu, take: Taker): Promise<Pdu | undefined> {
  switch (pdu.command) {
    case COMMAND.enquireLink:
    case COMMAND.unbind:
      return answerTo(pdu, STATUS.ok);
    case COMMAND.deliverSm: {
      const { status, body } = await take(pdu);
      return answerTo(pdu, status, body);
    }
    case COMMAND.alertNotification:
    case COMMAND.outbind:
      return undefined;
    default:
      return genericNack(pdu.sequence, STATUS.invalidCommandId);
  }
}
