import { afterEach } from "vitest";
import { type Behaviour, type FaultyServer, openFaultyServer } from "./faulty-server.ts";
import { hidden, openProxy, type ProxyUnderTest } from "./proxy.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that behaves so, and a proxy in front of it, until the test is over. */
export async function between(behaviour: Behaviour, limits: object = {}): Promise<[FaultyServer, ProxyUnderTest]> {
  const server = await openFaultyServer({ own: behaviour });
  const { options, target } = hidden(server.port, "/a-path/own");
  const proxy = await openProxy({ ...options, limits });
  proxy.target = target;
  closers.push(server.close, proxy.close);
  return [server, proxy];
}

export const says = (text: string): Behaviour => {
  const bytes = Buffer.from(text, "latin1");
  return (socket) => socket.write(bytes);
};
