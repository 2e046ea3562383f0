import { pino } from "pino";
import { openDb } from "../../../api/db.ts";
import { createMetrics } from "../../../api/metrics.ts";
import { openCallbacks } from "../../../api/providers/callbacks.ts";
import { openCourier } from "../../../api/webhooks/courier.ts";

/** A process with a courier at a time that does not move; somebody kills it. */
const [databaseUrl = "", allowed = "", secretsKey = "", nowMs = ""] = process.argv.slice(2);
const log = pino({ level: "silent" });
const courier = openCourier({
  db: await openDb(databaseUrl, log),
  clock: { nowMs: () => Number(nowMs), sleep: async () => {} },
  log,
  secretsKey: Buffer.from(secretsKey, "hex"),
  callbacks: openCallbacks({ allow: [allowed], ownHosts: [] }),
  metrics: createMetrics(),
});
await courier.run();
await courier.idle();
process.exit(0);
