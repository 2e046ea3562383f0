import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MASKED_API_TERMS } from "../../../api/storefront/endpoint-schemas.ts";
import { createWorld, NATIVE, TOKEN, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const dataOf = (text: string) =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(text)?.[1] as string);

describe("GET /gate", () => {
  it("has a control for every field of POST /api/402/apis, or tells its script", async () => {
    const { status, headers, text } = await world.ask("/gate");
    expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
    const { properties } = MASKED_API_TERMS as { properties: object };
    const told = ["p_chain_id", "p_fee_bps_snapshot"];
    const controls = Object.keys(properties).filter((name) => text.includes(`id="${name}"`));
    expect([...controls, ...told].sort()).toEqual(Object.keys(properties).sort());
    // Where a refusal that names a field is shown.
    for (const name of controls) expect(text).toContain(`id="${name}-wrong"`);
    expect(dataOf(text)).toMatchObject({
      publicUrl: world.url,
      chain: { id: 43114, nativeSymbol: "AVAX" },
      feeBps: 100,
    });
  });

  it("has a label, and a hint that is heard, for every control", async () => {
    const { text } = await world.ask("/gate");
    const controls = [...text.matchAll(/<(?:input|select|textarea)(?=[^>]* id="([^"]+)")[^>]*>/g)];
    expect(controls.length).toBeGreaterThan(8);
    for (const [control, id] of controls) {
      expect([id, text.includes(`<label for="${id}"`) || control.includes('type="checkbox"')]).toEqual([id, true]);
      const [, hint] = /aria-describedby="([^"]+)"/.exec(control) ?? [];
      if (hint) expect(text).toContain(`id="${hint}"`);
    }
  });

  it("tells of each known token how it counts, and null while it does not answer", async () => {
    const { tokens } = dataOf((await world.ask("/gate")).text);
    expect(tokens[0]).toEqual({ symbol: "AVAX", address: NATIVE, decimals: 18 });
    const arena = () => tokens.find(({ symbol }: { symbol: string }) => symbol === "ARENA");
    expect(arena()).toEqual({ symbol: "ARENA", address: TOKEN, decimals: null });
  });

  it("runs nothing but our own files, in nobody's frame, and sends no form anywhere", async () => {
    const { headers, text } = await world.ask("/gate");
    const policy = headers.get("content-security-policy");
    for (const rule of ["default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'"])
      expect(policy).toContain(rule);
    expect(text).not.toMatch(/ on[a-z]+=|<script>|style=/);
    const [, script] = /<script type="module" src="([^"]+)"/.exec(text) ?? [];
    const gate = await world.ask(String(script), { headers: { "Accept-Encoding": "gzip" } });
    expect([gate.status, gate.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(gate.text).not.toMatch(/https?:\/\/(?!127\.0\.0\.1)/);
  });

  it("405 or 404 for what is no look at it", async () => {
    for (const method of ["POST", "DELETE"])
      expect([404, 405]).toContain((await world.ask("/gate", { method })).status);
  });
});

describe("while the chain was never read", () => {
  it("is shown all the same, and says that the fee is not known", async () => {
    const young = await createWorld({}, ({ chain }) => {
      chain.isDown = true;
      return {};
    });
    const { status, text } = await young.ask("/gate");
    expect([status, dataOf(text).feeBps]).toEqual([200, null]);
    await young.close();
  });
});
