import { connect } from "node:net";
import { expect, it, vi } from "vitest";
import { createWorld } from "../../world.ts";
import { callAt, MCP_HEADERS } from "./room.ts";

/** The test's own times instead of a quarter of a minute. */
vi.mock("../../../api/products/masked-api/patience.ts", async (importOriginal) => {
  const real = await importOriginal<typeof import("../../../api/products/masked-api/patience.ts")>();
  const cutWhenStuck: typeof real.cutWhenStuck = (response) =>
    real.cutWhenStuck(response, { idleMs: 300, totalMs: 60_000 });
  return { ...real, cutWhenStuck };
});

it("an answer of a masked API that its caller does not take is given up, and its memory with it", async () => {
  const world = await createWorld();
  const apiId = await world.sell();
  const session_id = await world.bought(apiId);
  // Each of these takes six bytes as JSON: more than sockets hold, and more than half of what one API may have in memory.
  world.upstream.answer((_, response) =>
    response.setHeader("Content-Type", "text/plain").end("\u0001".repeat(1024 * 1024 - 1)),
  );
  const params = { name: "call_masked_api", arguments: { apiId, session_id } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const { hostname, port } = new URL(world.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  const head = Object.entries({ ...MCP_HEADERS, Host: hostname, "Content-Length": body.length });
  socket.write(`POST /mcp HTTP/1.1\r\n${head.map((line) => `${line.join(": ")}\r\n`).join("")}\r\n${body}`);
  await new Promise((resolve) => socket.once("readable", resolve));
  const codeOf = async () => (await callAt(world)("call_masked_api", { apiId, session_id })).structuredContent.code;
  expect(await codeOf()).toBe("upstream_busy");
  await expect.poll(codeOf, { timeout: 30_000 }).toBe("successful");
  socket.destroy();
  await world.close();
});
