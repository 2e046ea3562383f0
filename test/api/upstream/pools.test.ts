import { afterEach, beforeEach, expect, it } from "vitest";
import { type FaultyServer, openFaultyServer } from "./faulty-server.ts";
import { openProxy, type ProxyUnderTest, until } from "./proxy.ts";

const keeping = (socket: { write(text: string): void }) =>
  socket.write("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=600\r\nContent-Length: 2\r\n\r\nhi");

let servers: FaultyServer[];
let proxy: ProxyUnderTest;
const [FIRST, SECOND, THIRD] = [0, 1, 2] as const;

const open = async (limits: object) => {
  const allow = servers.map(({ port }) => `127.0.0.1:${port}`);
  proxy = await openProxy({ allow, limits });
};
const call = (which: number, how = "keeping") => {
  const url = `http://127.0.0.1:${servers[which]?.port}/${how}`;
  const target = { apiId: `api-${which}-${how}`, url, headers: {}, path: "", query: "" };
  return proxy.upstream.fetch(target).then(
    ({ status }) => status,
    ({ code }) => code,
  );
};
const kept = () => servers.map(({ connections }) => connections.size);

beforeEach(async () => {
  servers = await Promise.all([FIRST, SECOND, THIRD].map(() => openFaultyServer({ keeping })));
});
afterEach(async () => {
  await proxy.close();
  await Promise.all(servers.map((server) => server.close()));
});

it("one upstream more than there is room for takes the place of the one idle for longest", async () => {
  await open({ origins: 2 });
  for (const which of [FIRST, SECOND, FIRST]) expect(await call(which)).toBe(200);
  expect(await call(THIRD)).toBe(200);
  await until(() => kept().join() === "1,0,1");
});

it("one that is busy keeps its place, and when all are, one more is refused", async () => {
  await open({ origins: 2 });
  const running = [FIRST, SECOND].map((which) => call(which, "silent"));
  await until(() => servers.slice(0, 2).every(({ received }) => received[0]?.includes("silent")));
  expect(await call(THIRD)).toBe("upstream_busy");
  for (const socket of servers[SECOND]?.connections ?? []) socket.destroy();
  await running[SECOND];
  expect(await call(THIRD)).toBe(200);
  for (const socket of servers[FIRST]?.connections ?? []) socket.destroy();
  expect(await running[FIRST]).toBe("upstream_unreachable");
});

it("a connection is left soon, however long the upstream asks to keep it", async () => {
  await open({ keepAliveMs: 100 });
  expect(await call(FIRST)).toBe(200);
  await until(() => kept()[FIRST] === 0);
  expect(await call(FIRST)).toBe(200);
});
