import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export type Said = {
  status?: number;
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
  never?: boolean;
};

/** An HTTP facilitator that says what a test wants. */
export type FacilitatorStub = {
  readonly url: string;
  verify: Said;
  settle: Said;
  supported: Said;
  /** What was asked, in order. */
  readonly asked: { path: string; authorization: string | undefined; body: Record<string, unknown> | undefined }[];
  /** Before a settlement is answered. */
  onSettle: (body: Record<string, unknown>) => void;
  close(): Promise<void>;
};

export async function startFacilitatorStub(): Promise<FacilitatorStub> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const { url = "", headers } = request;
    stub.asked.push({ path: url, authorization: headers.authorization, body });
    const [path = ""] = url.split("?");
    if (path.endsWith("/settle") && body) stub.onSettle(body);
    const said = stub[saysOf(path)];
    if (said.never) return;
    response.writeHead(said.status ?? 200, { "Content-Type": "application/json", ...said.headers });
    response.end(said.text ?? JSON.stringify(said.json));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stub: FacilitatorStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    verify: { json: { isValid: true } },
    settle: { json: { success: true, transaction: `0x${"ab".repeat(32)}`, network: "eip155:8453" } },
    supported: { json: { kinds: [] } },
    asked: [],
    onSettle: () => {},
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return stub;
}

const saysOf = (path: string): "verify" | "settle" | "supported" =>
  path.endsWith("/settle") ? "settle" : path.endsWith("/verify") ? "verify" : "supported";

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | undefined> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : undefined;
}
