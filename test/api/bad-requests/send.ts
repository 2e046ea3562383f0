import { Agent, request } from "node:http";

/** A request as it goes over the wire: nothing about it is put in order on the way. */
export type WireRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
};

export type WireAnswer = { status: number; headers: Record<string, string | string[] | undefined>; text: string };

export type Wire = { send(asked: WireRequest): Promise<WireAnswer>; close(): void };

export function openWire(url: string): Wire {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const { hostname: host, port } = new URL(url);
  return {
    send: ({ body, ...asked }) =>
      new Promise((resolve, reject) => {
        // Node itself tells the length of a body only with methods that usually have one.
        const headers = { ...asked.headers, ...(body && { "Content-Length": body.length }) };
        const sent = request({ ...asked, headers, host, port, agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}
