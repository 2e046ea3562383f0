import { Hono } from "hono";
import { getAddress, isAddress } from "viem";
import { ApiError, invalidField } from "../errors.ts";
import type { TokenFactsOf } from "../providers/token-facts.ts";

/** How amounts of a token on the gateway's chain are written by people. */
export function tokenRoutes(tokenFacts: TokenFactsOf): Hono {
  const routes = new Hono();
  routes.get("/api/402/tokens/:address", async (c) => {
    const given = c.req.param("address").toLowerCase();
    if (!isAddress(given)) throw invalidField("address", "must be an address of 0x and 40 hex digits");
    const address = getAddress(given);
    const facts = await tokenFacts(address);
    if (!facts) throw new ApiError("not_found", { message: "No token at this address tells how it counts." });
    const { symbol = null, decimals, isKnown } = facts;
    return c.json({ code: "successful", data: { token_address: address, symbol, decimals, is_known: isKnown } });
  });
  return routes;
}
