import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

/** Sends bytes as they are and reads until the server hangs up. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(world.url).port), "127.0.0.1", () => socket.write(bytes));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("what is hardly HTTP", () => {
  it.each([
    ["no request at all", "hello\r\n\r\n", "400 Bad Request"],
    ["headers over the limit", `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`, "431"],
    ["a missing host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", "400"],
    ["a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b@c/\r\nConnection: close\r\n\r\n", "400"],
    [
      "a length and chunks",
      "POST /api/402/apis HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "400",
    ],
  ])("%s gets a 4xx", async (_, bytes, status) => {
    expect(await raw(bytes)).toContain(`HTTP/1.1 ${status}`);
  });

  it.each(["//", "/api//", "/%", "/api/%E0%A4%A", "/api/402/apis/%00", "/api/v1/%2e%2e/x", "*"])(
    "%s is a 4xx",
    async (target) => {
      const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    },
  );
});
