// Child process: Fastify with @fastify/reply-from, from the bench's own folder of packages.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/package.json`);
const app = require("fastify")({ logger: false });
app.register(require("@fastify/reply-from"), {
  base: `http://${process.env.ORIGIN}/`,
  undici: { connections: 64, pipelining: 1 },
});
app.all("/*", (request: { url: string }, reply: { from(url: string): void }) => reply.from(request.url));
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1", backlog: 4096 });
