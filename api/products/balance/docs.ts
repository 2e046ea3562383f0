import type { JsonObject, Order, SaleDocs } from "../../sale.ts";
import { LIMITS_USD } from "./amount.ts";
import type { Credited } from "./credit-key.ts";

type Answer = (order: Pick<Order, "id" | "priceMicroUsd">, credited: Credited) => JsonObject;

export function docsOf(answerOf: Answer): SaleDocs {
  const id = "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11";
  const createdAt = new Date("2026-03-27T00:00:00Z");
  const amount = 5_000_000n;
  const key = {
    ...{ keyId: id, shown: "tpk_AbCdEf", name: "Top-up", mayManage: false, spentMicroUsd: 0n, capMicroUsd: amount },
    ...{ address: "0x857b06519e91e3a54538791bdbb0e22373e36b66", chainId: 8453 },
    ...{ createdAt, rotatedAt: null, lastUsedAt: null, revokedAt: null },
  };
  return {
    summary: "Top up a balance and get an API key",
    inputSchema: {
      type: "object",
      properties: {
        amount_usd: {
          type: "number",
          minimum: LIMITS_USD.min_usd,
          maximum: LIMITS_USD.max_usd,
          multipleOf: 0.01,
          default: LIMITS_USD.default_usd,
        },
      },
      additionalProperties: false,
    },
    exampleInput: { amount_usd: 5 },
    exampleOutput: {
      ...answerOf({ id, priceMicroUsd: amount }, { key, spendableMicroUsd: amount }),
      api_key: "tpk_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE",
    },
  };
}
