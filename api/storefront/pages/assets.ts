import { createHash } from "node:crypto";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { type Context, Hono } from "hono";

/** Scripts of pages: each is `browser/<name>.ts` with everything that it imports. */
const SCRIPTS = ["pay", "dashboard", "gate", "docs"] as const;

export type Script = (typeof SCRIPTS)[number];
export type AssetName = "style.css" | `${Script}.js`;

type Asset = { type: string; body: Buffer; gzip: Buffer; br: Buffer };
type Assets = { hash: string; byName: ReadonlyMap<string, Asset> };

const TYPES: Record<string, string> = { ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8" };

const FOR_EVER = "public, max-age=31536000, immutable";

let built: Assets | undefined;

/** What pages load from us, under a path that changes whenever any of it does. */
export function assetRoutes(): Hono {
  const { hash, byName } = assets();
  const routes = new Hono();
  routes.get("/assets/:hash/:name", (c, next) => {
    const asset = byName.get(c.req.param("name"));
    if (!asset) return next();
    // While a new version is rolled out, a page and its script may come from two of us: each has to do for the other.
    const cache = c.req.param("hash") === hash ? FOR_EVER : "no-store";
    return packed(c, asset, cache);
  });
  return routes;
}

export const assetPath = (name: AssetName): string => `/assets/${assets().hash}/${name}`;

function packed(c: Context, { type, body, gzip, br }: Asset, cache: string): Response {
  const encoding = encodingFor(c.req.header("accept-encoding"));
  const bytes = encoding === "br" ? br : encoding === "gzip" ? gzip : body;
  return c.body(new Uint8Array(bytes), 200, {
    "Content-Type": type,
    "Cache-Control": cache,
    "X-Content-Type-Options": "nosniff",
    Vary: "Accept-Encoding",
    ...(encoding && { "Content-Encoding": encoding }),
  });
}

function encodingFor(header = ""): "br" | "gzip" | undefined {
  const taken = header.split(",").filter((each) => !/;\s*q=0(?:\.0*)?\s*$/.test(each));
  const names = new Set(taken.map((each) => each.split(";")[0]?.trim().toLowerCase()));
  return (["br", "gzip"] as const).find((name) => names.has(name));
}

/** Made once a process: the same sources always give the same files. */
function assets(): Assets {
  built ??= build();
  return built;
}

function build(): Assets {
  const { outputFiles } = buildSync({
    absWorkingDir: import.meta.dirname,
    entryPoints: ["style.css", ...SCRIPTS.map((name) => `browser/${name}.ts`)],
    entryNames: "[name]",
    outdir: "/",
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
  });
  const hash = createHash("sha256");
  const byName = new Map<string, Asset>();
  for (const { path: file, contents } of outputFiles) {
    const body = Buffer.from(contents);
    hash.update(body);
    byName.set(path.basename(file), {
      type: TYPES[path.extname(file)] as string,
      body,
      gzip: gzipSync(body, { level: 9 }),
      br: brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }),
    });
  }
  return { hash: hash.digest("hex").slice(0, 16), byName };
}
