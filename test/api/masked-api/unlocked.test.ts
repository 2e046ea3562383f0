import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, MERCHANT, NATIVE, type World } from "../../world.ts";
import { JSON_TEXT, PNG } from "../support/test-upstream.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const sellPath = (path: string, fields = {}) => world.sell({ p_api_url: world.upstream.url + path, ...fields });

async function unlocked(path: string, query = "") {
  const apiId = await sellPath(path);
  const session = await world.bought(apiId);
  return { apiId, session, answer: await world.ask(`/api/${apiId}${query}`, { session }) };
}

describe("GET /api/<apiId> with a paid session", () => {
  describe("200 successful", () => {
    it("holds the public row, the session and the upstream's answer", async () => {
      const { apiId, session, answer } = await unlocked("/json");
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("private, no-store");
      const now = new Date(world.clock.nowMs()).toISOString();
      expect(answer.body).toEqual({
        code: "successful",
        data: {
          api: {
            id: apiId,
            apiId,
            name: "Weather",
            description: null,
            api_url: `${world.url}/api/${apiId}`,
            merchant_wallet: MERCHANT,
            token_address: NATIVE,
            amount_wei: "100000000000000000",
            valid_for_sec: 300,
            chain_id: 43114,
            fee_bps: null,
            allowed_methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            status: "active",
            is_listed: false,
            version: 1,
            created_at: now,
            updated_at: now,
          },
          session: {
            id: expect.any(Number),
            session_id_hex: session,
            expires_at: new Date(world.clock.nowMs() + 300_000).toISOString(),
            binding: "bound",
          },
          upstream: { status: 200, content_type: "application/json; charset=utf-8", body: JSON.parse(JSON_TEXT) },
        },
      });
    });

    it("passes JSON on as the upstream wrote it, digits that a parser would round included", async () => {
      expect((await unlocked("/json")).answer.text).toContain(`"body":${JSON_TEXT}}`);
    });

    it.each([
      ["text", "/text", 'plain "text"\n'],
      ["text in another charset", "/latin1", "café"],
      ["JSON that is none, as text", "/broken-json", '{"answer":'],
      ["text without a type", "/untyped-text", "just words"],
    ])("gives %s as a string", async (_, path, body) => {
      const { answer } = await unlocked(path);
      expect(answer.body.data.upstream.body).toBe(body);
      expect(answer.body.data.upstream.encoding).toBeUndefined();
    });

    it.each([
      ["/binary", "AAEC/w=="],
      ["/untyped-bytes", "//4AgA=="],
    ])("gives the bytes of %s as base64, and says so", async (path, body) => {
      expect((await unlocked(path)).answer.body.data.upstream).toMatchObject({ encoding: "base64", body });
    });

    it("keeps the upstream's own status inside", async () => {
      const { answer } = await unlocked("/teapot");
      expect(answer.status).toBe(200);
      expect(answer.body.data.upstream).toEqual({ status: 418, content_type: "text/plain", body: "short and stout" });
    });

    it("adds the caller's query to the merchant's, and sends the merchant's headers", async () => {
      const apiId = await sellPath("/json?key=secret", { p_upstream_headers: { "x-merchant-key": "s3cret" } });
      const session = await world.bought(apiId);
      const { text } = await world.ask(`/api/${apiId}?city=Bern`, { session });
      const seen = world.upstream.seen.at(-1);
      expect(seen?.url).toBe("/json?key=secret&city=Bern");
      expect(seen?.headers["x-merchant-key"]).toBe("s3cret");
      expect(seen?.headers["x-402-session"]).toBeUndefined();
      expect(text).not.toContain("s3cret");
    });

    it("gives the same session id number to every call", async () => {
      const apiId = await world.sell();
      const session = await world.bought(apiId);
      const answers = await Promise.all(Array.from({ length: 20 }, () => world.ask(`/api/${apiId}`, { session })));
      expect(new Set(answers.map(({ body }) => body.data.session.id)).size).toBe(1);
    });
  });

  describe("an image", () => {
    it("is a link that shows it for a minute, without a session and without the upstream's address", async () => {
      const { apiId, answer } = await unlocked("/image", "?size=2");
      const { image_url: link } = answer.body.data.upstream.body;
      expect(link).toMatch(new RegExp(`^${world.url}/api/${apiId}\\?turnpike_image=`));
      expect(answer.text).not.toContain(world.upstream.host);

      const image = await fetch(link);
      expect(image.status).toBe(200);
      expect(image.headers.get("content-type")).toBe("image/png");
      expect(Buffer.from(await image.arrayBuffer())).toEqual(PNG);
      expect(world.upstream.seen.at(-1)?.url).toBe("/image?size=2");

      expect((await fetch(link.replace("size=2", "size=3"))).status).toBe(402);
      expect((await fetch(link, { method: "POST" })).status).toBe(402);
      const other = await sellPath("/image");
      expect((await fetch(link.replace(apiId, other))).status).toBe(402);
      world.clock.advance(61);
      expect((await fetch(link)).status).toBe(402);
    });

    it.each([
      ["a page", "text/html"],
      ["a drawing that may hold a program", "image/svg+xml"],
      ["something without a type", undefined],
    ])("is not shown by its link once the upstream has %s there", async (_, type) => {
      const { answer } = await unlocked("/image");
      world.upstream.answer((_, response) => response.writeHead(200, type ? { "Content-Type": type } : {}).end("<b>"));
      const image = await fetch(answer.body.data.upstream.body.image_url);
      world.upstream.answer(undefined);
      expect(image.status).toBe(404);
      expect(await image.json()).toEqual({ code: "not_found", message: "There is no image at this address." });
    });

    it("that is SVG is text, and not a link", async () => {
      const drawing = '<svg xmlns="http://www.w3.org/2000/svg"/>';
      const apiId = await world.sell();
      const session = await world.bought(apiId);
      world.upstream.answer((_, response) => response.writeHead(200, { "Content-Type": "image/svg+xml" }).end(drawing));
      const answer = await world.ask(`/api/${apiId}`, { session });
      world.upstream.answer(undefined);
      expect(answer.body.data.upstream.body).toBe(drawing);
    });
  });

  describe("502 and 504", () => {
    it("tell that the upstream is at fault, and nothing of where it is", async () => {
      const apiId = await world.sell();
      const session = await world.bought(apiId);
      world.upstream.answer((_, response) => response.destroy());
      const broken = await world.ask(`/api/${apiId}`, { session });
      world.upstream.answer((_, response) => response.writeHead(302, { Location: "http://10.0.0.1/" }).end());
      const redirected = await world.ask(`/api/${apiId}`, { session });
      world.upstream.answer(undefined);
      expect([broken.status, redirected.status]).toEqual([502, 502]);
      expect([broken.body.code, redirected.body.code]).toEqual(["upstream_unreachable", "upstream_redirect"]);
      expect(broken.text + redirected.text).not.toMatch(/127\.0\.0\.1|10\.0\.0\.1/);
      expect((await world.ask(`/api/${apiId}`, { session })).status).toBe(200);
    });
  });
});
