import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

/** A database behind a network that falls silent: connections stay open, and nothing comes through any more. */
export type FreezingProxy = {
  readonly databaseUrl: string;
  /** Freezes all connections, also later ones; or those alone that have asked for `words`. */
  freeze(words?: string): void;
  close(): Promise<void>;
};

type Pair = { sent: string; frozen: boolean; caller: Socket; server: Socket };

export async function startFreezingProxy(databaseUrl: string): Promise<FreezingProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<Pair>();
  let allFrozen = false;
  const proxy = createServer((caller) => {
    const server = connect(Number(target.port), target.hostname);
    const pair: Pair = { sent: "", frozen: allFrozen, caller, server };
    pairs.add(pair);
    caller.on("data", (bytes) => {
      pair.sent += bytes.toString("latin1");
      if (!pair.frozen) server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (!pair.frozen) caller.write(bytes);
    });
    for (const [from, to] of [[caller, server] as const, [server, caller] as const]) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const own = new URL(databaseUrl);
  own.port = String((proxy.address() as AddressInfo).port);
  return {
    databaseUrl: own.toString(),
    freeze: (words) => {
      allFrozen ||= words === undefined;
      for (const pair of pairs) pair.frozen ||= words === undefined || pair.sent.includes(words);
    },
    close: () => {
      for (const { caller, server } of pairs) for (const socket of [caller, server]) socket.destroy();
      return new Promise((resolve) => proxy.close(() => resolve()));
    },
  };
}
