import { createServer as createTcpServer, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Connectors } from "../../../api/providers/upstream/connector.ts";
import type { Upstream } from "../../../api/providers/upstream/target.ts";
import { createUpstream, type UpstreamOptions } from "../../../api/providers/upstream/upstream.ts";
import { listening } from "./proxy.ts";
import { HARMLESS, REFUSED_ANSWERS } from "./ssrf-answers.ts";
import { REFUSED } from "./ssrf-corpus.ts";

const opened: Upstream[] = [];
const openUpstream = (options: Partial<UpstreamOptions> = {}) => {
  const ownHosts = ["turnpike.example.org:443", "127.0.0.1:8402"];
  const upstream = createUpstream({ allow: [], ownHosts, log: { warn: () => {} }, render: () => "", ...options });
  opened.push(upstream);
  return upstream;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((upstream) => upstream.close()));
});

const noLookUp = async (): Promise<readonly string[]> => {
  throw new Error("looked up");
};
const targetOf = (url: string) => ({ apiId: "api-1", url, headers: {}, path: "", query: "" });

/** Notes who was asked for, and hands out a socket that claims to be connected to `peer`. */
function stub(peer: string): { connectors: Connectors; asked: string[] } {
  const asked: string[] = [];
  const connect: Connectors["guarded"] = (options, callback) => {
    asked.push(options.hostname);
    const socket = new Socket();
    Object.defineProperties(socket, { remoteAddress: { value: peer }, localAddress: { value: "192.0.2.1" } });
    queueMicrotask(() => callback(null, socket));
    // The exchange is not the point here: it ends as soon as it was allowed to begin.
    setImmediate(() => socket.destroy());
  };
  return { connectors: { guarded: connect, exempt: connect }, asked };
}

it("has at least 120 refused vectors and 20 harmless ones, all different", () => {
  const refused = new Set([...REFUSED.map(([url]) => url), ...REFUSED_ANSWERS.map(([name]) => name)]);
  expect(refused.size).toBe(REFUSED.length + REFUSED_ANSWERS.length);
  expect(refused.size).toBeGreaterThanOrEqual(120);
  expect(new Set(HARMLESS.map(([url]) => url)).size).toBeGreaterThanOrEqual(20);
});

describe("refused when the API is created, with the rule's name and not the host's", () => {
  it.each(REFUSED)("%j: %s", async (url, reason) => {
    const error = await openUpstream({ resolve: noLookUp })
      .check(url)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "invalid_field", status: 400, details: { field: "p_api_url", reason } });
    expect(error.message).not.toContain("example");
  });

  it.each(REFUSED_ANSWERS)("%s, which resolves to %j: %s", async (name, answers, reason) => {
    const error = await openUpstream({ resolve: async () => answers })
      .check(`https://${name}/`)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "invalid_field", details: { reason } });
  });

  it("a name whose look-up fails", async () => {
    await expect(openUpstream({ resolve: noLookUp }).check("https://example.com/")).rejects.toMatchObject({
      details: { reason: "not_resolved" },
    });
  });
});

describe("refused again at every call, before a socket is opened", () => {
  it.each(REFUSED)("%j", async (url) => {
    const { connectors, asked } = stub("93.184.216.34");
    await expect(openUpstream({ connectors }).fetch(targetOf(url))).rejects.toMatchObject({ code: "upstream_blocked" });
    expect(asked).toEqual([]);
  });
});

describe("refused at the connection", () => {
  it.each(REFUSED_ANSWERS)("%s, which resolves to %j: no socket leaves", async (name, answers, reason) => {
    const code = reason === "not_resolved" ? "upstream_unreachable" : "upstream_blocked";
    const upstream = openUpstream({ resolve: async () => answers });
    await expect(upstream.fetch(targetOf(`https://${name}/`))).rejects.toMatchObject({ code });
  });

  it("a name that was public when it was checked and is private when it is called", async () => {
    let isPrivate = false;
    let lookUps = 0;
    const resolve = async () => {
      lookUps++;
      const answer = isPrivate ? "127.0.0.1" : "93.184.216.34";
      isPrivate = !isPrivate;
      return [answer];
    };
    const upstream = openUpstream({ resolve });
    await upstream.check("https://rebinding.example.com/");
    const call = upstream.fetch(targetOf("https://rebinding.example.com/"));
    await expect(call).rejects.toMatchObject({ code: "upstream_blocked" });
    expect(lookUps).toBe(2);
  });

  it.each(["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1", ""])(
    "a peer that turns out to be %j",
    async (peer) => {
      const { connectors, asked } = stub(peer);
      const call = openUpstream({ connectors }).fetch(targetOf("https://example.com/"));
      await expect(call).rejects.toMatchObject({ code: "upstream_blocked" });
      expect(asked).toEqual(["example.com"]);
    },
  );

  it("our own listening socket, reached by another allowed name for it", async () => {
    let bytes = 0;
    const server = createTcpServer((socket) => {
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.on("error", () => {});
    });
    const port = await listening(server);
    const upstream = openUpstream({ allow: [`127.0.0.2:${port}`, `127.0.0.1:${port}`], ownHosts: [`0.0.0.0:${port}`] });
    const call = upstream.fetch(targetOf(`http://127.0.0.1:${port}/`));
    await expect(call).rejects.toMatchObject({ code: "upstream_blocked" });
    await new Promise((resolve) => server.close(resolve));
    expect(bytes).toBe(0);
  });
});

describe("allowed", () => {
  it.each(HARMLESS)("%s", async (url, answers) => {
    const { connectors, asked } = stub("93.184.216.34");
    const upstream = openUpstream({ connectors, resolve: async () => answers });
    await upstream.check(url);
    // The stub hangs up: that it was asked at all is the proof.
    await expect(upstream.fetch(targetOf(url))).rejects.toMatchObject({
      code: expect.stringMatching(/^upstream_(unreachable|tls)$/),
    });
    expect(asked).toHaveLength(1);
  });

  it("exactly what the operator listed, over http and on any port, and nothing beside it", async () => {
    const upstream = openUpstream({ allow: ["127.0.0.1:9000", "Local.Demo:9001"], resolve: noLookUp });
    await upstream.check("http://127.0.0.1:9000/x");
    await upstream.check("http://local.demo:9001/x");
    for (const url of [
      "http://127.0.0.1:9001/",
      "http://127.0.0.2:9000/",
      "http://local.demo:9000/",
      "https://127.0.0.1/",
    ]) {
      await expect(upstream.check(url)).rejects.toMatchObject({ code: "invalid_field" });
    }
  });

  it("a listed IPv6 address, also when it is called", async () => {
    const { connectors, asked } = stub("::1");
    const upstream = openUpstream({ allow: ["[::1]:9000"], connectors, resolve: noLookUp });
    await upstream.check("http://[::1]:9000/");
    const call = upstream.fetch(targetOf("http://[::1]:9000/"));
    await expect(call).rejects.toMatchObject({ code: "upstream_unreachable" });
    expect(asked).toEqual(["::1"]);
  });

  it("never ourselves, not even when listed", async () => {
    const upstream = openUpstream({ allow: ["127.0.0.1:8402"] });
    await expect(upstream.check("http://127.0.0.1:8402/api/x")).rejects.toMatchObject({
      details: { reason: "own_host" },
    });
  });
});
