import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { HeldBytes } from "../../../api/products/masked-api/held-bytes.ts";
import type { Patience } from "../../../api/products/masked-api/patience.ts";
import { replyJson } from "../../../api/products/masked-api/reply.ts";
import { createWorld, type World } from "../../world.ts";

const MIB = 1024 * 1024;
const busy = expect.objectContaining({ code: "upstream_busy", status: 503, retryAfterSec: 1 });

describe("memory for whole answers", () => {
  it("is limited as a whole and for each API, and comes back", () => {
    const held = new HeldBytes({ bytes: 10, bytesPerApi: 6 });
    const [a, b] = [held.open("a"), held.open("b")];
    a.set(6);
    expect(() => held.open("a").set(1)).toThrowError(busy);
    b.set(4);
    expect(() => held.open("c").set(1)).toThrowError(busy);
    a.set(3);
    held.open("a").set(3);
    a.close();
    held.open("c").set(3);
    expect(() => held.open("d").set(1)).toThrowError(busy);
  });

  it("is given up at once by who is refused, whatever he says later", () => {
    const held = new HeldBytes({ bytes: 10, bytesPerApi: 10 });
    const [refused, other] = [held.open("a"), held.open("b")];
    refused.set(8);
    other.set(2);
    expect(() => refused.set(9)).toThrowError(busy);
    other.set(10);
    refused.set(9);
    expect(() => held.open("c").set(1)).toThrowError(busy);
  });
});

/** What replies use, with the test's own times instead of a quarter of a minute. */
const patience: Patience = vi.hoisted(() => ({ idleMs: 5_000, totalMs: 60_000 }));
vi.mock("../../../api/products/masked-api/patience.ts", async (importOriginal) => {
  const real = await importOriginal<typeof import("../../../api/products/masked-api/patience.ts")>();
  return { ...real, cutWhenStuck: (response: ServerResponse) => real.cutWhenStuck(response, patience) };
});

describe("a caller who does not read", () => {
  async function isWhole(times: Patience, isReading: boolean): Promise<boolean> {
    Object.assign(patience, times);
    const server = createServer((request, response) =>
      replyJson({ request, response, headers: [], requestId: "r-1" }, 200, { body: "x".repeat(64 * MIB) }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    if (isReading) socket.resume();
    else socket.pause();
    const whole = await new Promise<boolean>((resolve) =>
      server.once("request", (_, response) => response.once("close", () => resolve(response.writableFinished))),
    );
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return whole;
  }

  it("is cut when he took nothing for so long, or not everything in time", async () => {
    expect(await isWhole({ idleMs: 200, totalMs: 60_000 }, false)).toBe(false);
    expect(await isWhole({ idleMs: 60_000, totalMs: 200 }, false)).toBe(false);
  });

  it("one who does read gets everything", async () => {
    expect(await isWhole({ idleMs: 5_000, totalMs: 60_000 }, true)).toBe(true);
  });
});

describe("GET /api/<apiId> of a large answer", () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world?.close());

  it("502 over one mebibyte says how to have it all the same", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    const large = "x".repeat(MIB + 1);
    world.upstream.answer((_, response) => response.setHeader("Content-Type", "text/plain").end(large));
    const whole = await world.ask(`/api/${apiId}`, { session });
    const raw = await world.ask(`/api/${apiId}?raw=1`, { session });
    world.upstream.answer(undefined);
    expect([whole.status, whole.body.code]).toEqual([502, "upstream_too_large"]);
    expect(whole.body.message).toContain("?raw=1");
    expect([raw.status, raw.text === large]).toEqual([200, true]);
  });

  it("503 while too much of them is in memory, as long as it is", async () => {
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    await world.ask(`/api/${apiId}`, { session });
    const open: ServerResponse[] = [];
    world.upstream.answer((_, response) => {
      open.push(response.writeHead(200, { "Content-Type": "text/plain" }));
      response.write("x".repeat(MIB - 1));
    });
    const asked = Array.from({ length: 40 }, () => world.ask(`/api/${apiId}`, { session }));
    const refused = await Promise.any(asked.map(async (one) => ((await one).status === 503 ? one : Promise.reject())));
    expect([refused.body.code, refused.headers.get("retry-after")]).toEqual(["upstream_busy", "1"]);
    for (const response of open) response.end();
    world.upstream.answer(undefined);
    const states = (await Promise.all(asked)).map(({ status }) => status);
    expect(states.filter((status) => status === 200).length).toBeGreaterThanOrEqual(31);
    expect((await world.ask(`/api/${apiId}`, { session })).status).toBe(200);
  });
});
