import { connect, createServer, type Socket } from "node:net";

export type Line = {
  readonly url: string;
  /** `pass` connects through, `refuse` cuts every connection, `hang` takes requests and never answers. */
  set(mode: Mode): void;
  stop(): Promise<void>;
};

type Mode = "pass" | "refuse" | "hang";

/** Stands between a client and the RPC server of `target`, so that a test can take the line away. */
export async function startLine(target: string, mode: Mode = "pass"): Promise<Line> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    track(inbound, sockets);
    if (mode === "refuse") inbound.destroy();
    if (mode !== "pass") return;
    const outbound = track(connect(Number(port), hostname), sockets);
    inbound.pipe(outbound).pipe(inbound);
    inbound.on("close", () => outbound.destroy());
    outbound.on("close", () => inbound.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    set: (next) => {
      mode = next;
      cut();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}

function track(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
  return socket;
}
