import { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCallbacks } from "../../../api/providers/callbacks.ts";
import type { Connectors } from "../../../api/providers/upstream/connector.ts";
import { REFUSED_ANSWERS } from "../upstream/ssrf-answers.ts";
import { REFUSED } from "../upstream/ssrf-corpus.ts";
import { type CourierWorld, createCourierWorld } from "./courier-world.ts";

let world: CourierWorld;
beforeAll(async () => {
  world = await createCourierWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

const CALL = { headers: {}, body: "{}", signal: new AbortController().signal };
const OWN = ["turnpike.example.org:443", "127.0.0.1:8402"];

describe("a URL that leads where it may not", () => {
  it.each(REFUSED)("is refused for a webhook: %j: %s", async (url, reason) => {
    const error = await world.hook({ url }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "invalid_field", details: { field: "url", reason } });
    expect(error.message).not.toContain("example");
  });

  it.each(REFUSED)("is not called, whatever is on record: %j", async (url) => {
    const asked: string[] = [];
    const connect = (options: { hostname: string }) => void asked.push(options.hostname);
    const callbacks = openCallbacks({
      allow: [],
      ownHosts: OWN,
      connectors: { guarded: connect, exempt: connect } as never,
    });
    await expect(callbacks.post(url, CALL)).rejects.toThrow();
    expect(asked).toEqual([]);
    await callbacks.close();
  });

  it.each(REFUSED_ANSWERS)("is not called when its name leads there: %s, %j", async (name, answers, reason) => {
    const callbacks = openCallbacks({ allow: [], ownHosts: OWN, resolve: async () => answers });
    const code = reason === "not_resolved" ? "ENOTFOUND" : "upstream_blocked";
    await expect(callbacks.post(`https://${name}/`, CALL)).rejects.toMatchObject({ code });
    await callbacks.close();
  });
});

describe("a name that was public when the webhook was made", () => {
  it("and leads inside when it is called is not called; its owner reads of a failure without a status", async () => {
    const hook = await world.hook();
    const url = "https://rebinding.example.com/hook";
    await world.deps.db.pool.query("update app.webhook set url = $1", [url]);
    await world.happen();
    const resolve = async () => ["127.0.0.1"];
    const courier = world.another({ resolve });
    await courier.run();
    await courier.idle();
    expect(await world.log(hook)).toMatchObject([{ state: "waiting", attempts: 1, last_status: null }]);
    const callbacks = openCallbacks({ allow: [], ownHosts: OWN, resolve });
    await expect(callbacks.post(url, CALL)).rejects.toMatchObject({ code: "upstream_blocked" });
    await callbacks.close();
  });

  it.each(["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])(
    "is not told a byte when the peer turns out to be %s",
    async (peer) => {
      const socket = new Socket();
      Object.defineProperties(socket, { remoteAddress: { value: peer }, localAddress: { value: "192.0.2.1" } });
      const connect: Connectors["guarded"] = (_, callback) => queueMicrotask(() => callback(null, socket));
      const connectors = { guarded: connect, exempt: connect };
      const callbacks = openCallbacks({ allow: [], ownHosts: OWN, connectors });
      await expect(callbacks.post("https://example.com/", CALL)).rejects.toMatchObject({ code: "upstream_blocked" });
      expect([socket.destroyed, socket.bytesWritten]).toEqual([true, 0]);
      await callbacks.close();
    },
  );
});

describe("what the operator allows", () => {
  it("is exactly what is listed, and nothing beside it", async () => {
    await world.hook({ url: `http://${world.listener.host}/any/path?token=1` });
    const [ip, port] = world.listener.host.split(":");
    for (const url of [`http://127.0.0.2:${port}/`, `http://${ip}:${Number(port) + 1}/`, `https://${ip}/`])
      await expect(world.hook({ url })).rejects.toMatchObject({ code: "invalid_field" });
  });
});
