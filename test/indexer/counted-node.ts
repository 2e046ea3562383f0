import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type CountedNode = {
  readonly url: string;
  /** What it was asked since `start` or the last look at it, in turn. */
  asked(): string[];
  stop(): Promise<void>;
};

/** A node that answers as another one does and keeps in mind what it is asked. */
export async function startCountedNode(target: string): Promise<CountedNode> {
  let methods: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await new Response(request as never).text();
    methods.push(JSON.parse(body).method);
    const answer = await fetch(target, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    response.writeHead(answer.status, { "Content-Type": "application/json" }).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => {
      const since = methods;
      methods = [];
      return since;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
