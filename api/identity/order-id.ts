import type { Context } from "hono";

const ORDER_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `:id` of a path, in any letter case; undefined when it is no order's. */
export function orderIdOf(c: Context): string | undefined {
  const id = c.req.param("id")?.toLowerCase();
  return id !== undefined && ORDER_ID.test(id) ? id : undefined;
}
