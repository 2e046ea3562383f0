import net, { type Socket } from "node:net";
import tls from "node:tls";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { SmppEnv } from "../../../env/smpp.ts";
import { SMPP } from "../../../limits.ts";
import { bindBody, COMMAND, type Pdu } from "./pdu.ts";
import { openSession, type Session, type Taken } from "./session.ts";
import { bindProblem, STATUS } from "./status.ts";

/** The line to the carrier, taken up again whenever it is lost. */
export type Link = {
  /** The session once it is bound; undefined when `signal` aborts first. */
  bound(signal: AbortSignal): Promise<Session | undefined>;
  /** What keeps us from being bound; undefined while we are. */
  problem(): string | undefined;
  close(): Promise<void>;
};

/** Takes what the carrier sent; connections count from 1. */
export type LinkTaker = (pdu: Pdu, connection: number) => Promise<Taken>;
export type LinkDeps = { clock: Clock; log: Logger };
type Lost = { problem: string; wasBound: boolean };

export function openLink(deps: LinkDeps, env: SmppEnv, take: LinkTaker): Link {
  const { clock, log } = deps;
  const closing = new AbortController();
  let up = Promise.withResolvers<Session>();
  let session: Session | undefined;
  let connections = 0;
  let problem: string | undefined = "The SMSC was not reached yet.";
  const serve = async (): Promise<Lost> => {
    const socket = await connect(env, closing.signal);
    const connection = ++connections;
    const opened = openSession(deps, socket, (pdu) => take(pdu, connection));
    session = opened;
    const answer = await opened.ask(COMMAND.bindTransceiver, bindBody(env));
    if (answer.status !== STATUS.ok) {
      opened.destroy();
      return { problem: bindProblem(answer.status), wasBound: false };
    }
    problem = undefined;
    up.resolve(opened);
    log.info("bound to the SMPP carrier");
    await opened.over;
    up = Promise.withResolvers<Session>();
    return { problem: "The connection to the SMSC was lost.", wasBound: true };
  };
  const run = async (): Promise<void> => {
    let tries = 0;
    while (!closing.signal.aborted) {
      const lost = await serve().catch(unreached);
      session?.destroy();
      session = undefined;
      if (closing.signal.aborted) return;
      problem = lost.problem;
      tries = lost.wasBound ? 1 : tries + 1;
      log.warn({ problem, tries }, "not bound to the SMPP carrier");
      const { first, longest } = SMPP.reconnectSec;
      await clock.sleep(Math.min(longest, first * 2 ** Math.min(tries - 1, 10)) * 1000, closing.signal);
    }
  };
  const running = run();
  return {
    bound: (signal) => Promise.race([up.promise, aborted(signal)]),
    problem: () => problem,
    close: async () => {
      closing.abort();
      await session?.close();
      await running;
    },
  };
}

/** What the other end's system said tells of its address. */
const unreached = (): Lost => ({ problem: "The SMSC is out of reach, or gives no answer.", wasBound: false });

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

/** Real time: what hangs here is a socket. */
function connect({ host, port, isTls, ca }: SmppEnv, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const at = { host, port, ...(net.isIP(host) === 0 && { servername: host }), ...(ca !== undefined && { ca }) };
  const socket = isTls ? tls.connect(at) : net.connect(at);
  const giveUp = () => socket.destroy();
  const settle = () => {
    socket.setTimeout(0);
    signal.removeEventListener("abort", giveUp);
  };
  const give = () => {
    settle();
    resolve(socket);
  };
  socket.setNoDelay(true);
  socket.setTimeout(SMPP.answerSec * 1000, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  socket.once(isTls ? "secureConnect" : "connect", give);
  socket.once("error", reject);
  socket.once("close", () => {
    settle();
    reject(new Error("the connection was not made"));
  });
  return promise;
}
