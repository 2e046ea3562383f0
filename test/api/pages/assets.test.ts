import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AssetName, assetPath } from "../../../api/storefront/pages/assets.ts";
import { createWorld, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld({ RATE_LIMIT_PER_MIN: "1" });
});
afterAll(() => world?.close());

/** As it comes over the wire: fetch would unpack it. */
async function load(path: string, encoding = "identity") {
  const { request } = await import("node:http");
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const asked = request(world.url + path, { headers: { "Accept-Encoding": encoding } }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("GET /assets/<hash>/<name>", () => {
  it.each(["style.css", "pay.js", "gate.js", "dashboard.js"] satisfies AssetName[])(
    "gives %s for ever, as it is or packed",
    async (name) => {
      const plain = await load(assetPath(name));
      expect(plain.status).toBe(200);
      expect(plain.headers).toMatchObject({
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": name.endsWith(".js") ? "text/javascript; charset=utf-8" : "text/css; charset=utf-8",
        "x-content-type-options": "nosniff",
        vary: "Accept-Encoding",
      });
      expect(plain.headers["content-encoding"]).toBeUndefined();
      const gzip = await load(assetPath(name), "gzip, deflate");
      expect(gzip.headers["content-encoding"]).toBe("gzip");
      expect(gunzipSync(gzip.body)).toEqual(plain.body);
      const br = await load(assetPath(name), "gzip, deflate, br");
      expect(br.headers["content-encoding"]).toBe("br");
      expect(brotliDecompressSync(br.body)).toEqual(plain.body);
      expect(br.body.length).toBeLessThan(plain.body.length);
    },
  );

  it("packs nothing for who does not want it packed", async () => {
    for (const accepted of ["br;q=0, gzip;q=0.0", "zstd", ""])
      expect((await load(assetPath("style.css"), accepted)).headers["content-encoding"]).toBeUndefined();
    expect((await load(assetPath("style.css"), "br;q=0, gzip;q=0.5")).headers["content-encoding"]).toBe("gzip");
  });

  it("gives what it has to a page of another version, and lets nobody keep it", async () => {
    const { status, headers } = await load("/assets/0123456789abcdef/style.css");
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
  });

  it("has nothing else, and counts nothing against its caller", async () => {
    for (const name of ["nothing.js", "pay.ts", "..%2fpage.ts"])
      expect((await load(assetPath("style.css").replace("style.css", name))).status).toBe(404);
  });

  it("holds no script above what a page may weigh", async () => {
    for (const name of ["pay.js", "gate.js", "dashboard.js"] as const)
      expect((await load(assetPath(name), "gzip")).body.length).toBeLessThan(70 * 1024);
  });
});
