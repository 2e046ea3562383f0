import { type AddressInfo, createServer, type Socket } from "node:net";

export type RawSupplier = {
  readonly url: string;
  /** First lines of what came in. */
  readonly asked: string[];
  readonly open: number;
  close(): Promise<void>;
};

/** Takes connections and lets `answer` write, or not write, whatever it likes once a request is in. */
export async function startRawSupplier(answer: (socket: Socket, request: string) => void): Promise<RawSupplier> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const request = chunk.toString("latin1");
      asked.push(request.split("\r\n")[0] ?? "");
      answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get open() {
      return sockets.size;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
