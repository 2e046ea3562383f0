// Child process: stream() behind a bare node:http server, to tell the proxy's own cost from the API's around it.
import { createServer } from "node:http";
import { gateErrorBody } from "../../api/errors.ts";
import { createUpstream } from "../../api/providers/upstream/upstream.ts";

const origin = process.env.ORIGIN ?? "";
const upstream = createUpstream({
  allow: [origin],
  ownHosts: [`127.0.0.1:${process.env.PORT}`],
  render: (error) => JSON.stringify(gateErrorBody(error)),
  log: { warn: (fields) => process.stderr.write(`${JSON.stringify(fields)}\n`) },
});
const url = `http://${origin}/`;
const headers = { authorization: "Bearer merchant" };

createServer((request, response) => {
  const [path = "", query = ""] = (request.url ?? "/").split("?");
  upstream.stream({ apiId: "bench", url, headers, path, query }, { request, response });
}).listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 4096 });
