import { createServer } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import type { Outcome } from "../../../api/providers/upstream/target.ts";
import { openFaultyServer } from "./faulty-server.ts";
import { HIDDEN, hidden, listening, openProxy, until } from "./proxy.ts";

it("a caller who left while his session was looked up: the upstream is not asked, and nothing runs on", async () => {
  const server = await openFaultyServer({});
  const { options, target } = hidden(server.port, `${HIDDEN.path}/endless`);
  const proxy = await openProxy(options);
  const outcomes: Outcome[] = [];
  const late = createServer((request, response) => {
    socket.destroy();
    const onEnd = (outcome: Outcome) => outcomes.push(outcome);
    response.once("close", () => proxy.upstream.stream(target, { request, response, onEnd }));
  });
  const socket = connect(await listening(late), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  await until(() => outcomes.length === 1);
  expect([outcomes[0]?.fault, server.received, proxy.log]).toEqual(["client_gone", [], []]);
  late.close();
  await proxy.close();
  await server.close();
});
