import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Told = { headers: IncomingHttpHeaders; body: string; path: string };

/** A server that is told things, and answers as it is ordered to. */
export type Listener = {
  /** As UPSTREAM_ALLOW names it. */
  readonly host: string;
  readonly url: string;
  readonly told: Told[];
  /** Answers the calls from now on; 204 unless told otherwise. */
  answer(reply: (response: ServerResponse, told: Told) => void): void;
  /** As many as that, once they are here. */
  heard(count: number): Promise<Told[]>;
  close(): Promise<void>;
};

export async function startListener(): Promise<Listener> {
  const told: Told[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  let reply = (response: ServerResponse, _: Told): void => void response.writeHead(204).end();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString(), path: request.url ?? "" };
    told.push(one);
    for (const { count, resolve } of waiting) if (told.length >= count) resolve();
    reply(response, one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}/hook`,
    told,
    answer: (next) => {
      reply = next;
    },
    heard: async (count) => {
      if (told.length < count)
        await new Promise<void>((resolve) => {
          waiting.add({ count, resolve });
        });
      return told;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void =>
    void response.writeHead(status, headers).end("what it says is nobody's business");
