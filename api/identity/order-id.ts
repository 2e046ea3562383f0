import type { Context } from "hono";

const ORDER_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `:id` of a path; undefined when it is no order's. */
export const orderIdOf = (c: Context): string | undefined => readOrderId(c.req.param("id"));

/** In any letter case. */
export function readOrderId(given: unknown): string | undefined {
  const id = typeof given === "string" ? given.toLowerCase() : "";
  return ORDER_ID.test(id) ? id : undefined;
}
