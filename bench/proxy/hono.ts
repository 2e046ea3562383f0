// Child process: Hono's proxy() helper on @hono/node-server.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { proxy } from "hono/proxy";

const app = new Hono();
app.all("*", (context) => proxy(`http://${process.env.ORIGIN}${context.req.path}`, { raw: context.req.raw }));
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" });
