import { ServerResponse } from "node:http";
import { readEnv } from "../../api/env.ts";
import type { JsonObject, Order, Sale } from "../../api/sale.ts";
import { startServer } from "../../api/server.ts";
import { createTestSales } from "../api/x402/sales.ts";

/** Where a process can be told to die: as if its power was cut. */
export type Step = "lock" | "settle" | "index" | "fulfil" | "answer";

/** The API as a process of its own, which keeps what its sales did in the database and dies where it is told to. */
async function main(): Promise<void> {
  let last: Step | undefined;
  const dieAt = (step: Step) => {
    if (last === step) process.kill(process.pid, "SIGKILL");
  };
  const sales = createTestSales().all.map((sale) => ({ ...sale, fulfil: (order: Order) => fulfil(sale, order) }));
  const fulfil = async (sale: Sale, order: Order): Promise<JsonObject> => {
    dieAt("index");
    await pool.query("insert into public.effect (order_id) values ($1) on conflict do nothing", [order.id]);
    const answer = await sale.fulfil(order);
    dieAt("fulfil");
    return answer;
  };
  const { deps, url } = await startServer(readEnv(), { sales });
  const { pool } = deps.db;
  const { facilitator } = deps;
  if (!facilitator) throw new Error("nothing is sold here");
  const settle = facilitator.settle.bind(facilitator);
  facilitator.settle = async (...payment) => {
    dieAt("lock");
    const settled = await settle(...payment);
    dieAt("settle");
    return settled;
  };
  const writeHead = ServerResponse.prototype.writeHead as (...all: unknown[]) => ServerResponse;
  Object.assign(ServerResponse.prototype, {
    writeHead(this: ServerResponse, ...all: unknown[]) {
      if (this.req.method === "POST" && all[0] === 200) dieAt("answer");
      return writeHead.apply(this, all);
    },
  });
  process.on("message", (step: Step) => {
    last = step;
    process.send?.("armed");
  });
  process.send?.({ url });
}

await main();
