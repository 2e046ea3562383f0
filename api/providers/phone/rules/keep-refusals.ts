import { foldAudit } from "../../../audit.ts";
import type { OnceDeps } from "../once.ts";
import { NO_RULES } from "../rules.ts";

/** One round of the worker: writes down what was refused before any money moved. */
export async function keepRefusals({ db, clock, rules = NO_RULES }: Pick<OnceDeps, "db" | "clock" | "rules">) {
  const counts = rules.refusals.take();
  if (counts.length === 0) return;
  const at = new Date(clock.nowMs());
  await db
    .transaction(async (client) => {
      for (const { refusal, times } of counts)
        await foldAudit(client, { at, actor: "rules", action: "refused", facts: refusal }, times);
    })
    .catch((error: unknown) => {
      rules.refusals.putBack(counts);
      throw error;
    });
}
