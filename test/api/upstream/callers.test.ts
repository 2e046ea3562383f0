import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BehaviourName, type FaultyServer, openFaultyServer } from "./faulty-server.ts";
import { ask, codeOf, HIDDEN, hidden, openProxy, type ProxyUnderTest, talk, until } from "./proxy.ts";

let server: FaultyServer;
let proxy: ProxyUnderTest;

const echo = (socket: { write(text: string): void }) =>
  socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");

function isWhole(text: string): boolean {
  const [head = "", body = ""] = text.split(/\r\n\r\n(.*)/s);
  const length = /content-length: (\d+)/.exec(head)?.[1];
  return length === undefined ? body.endsWith("0\r\n\r\n") : body.length === Number(length);
}

const open = async (limits: object = {}) => {
  server = await openFaultyServer({
    echo,
    // Answers only when the whole body is there.
    sink: (socket, received) => {
      const look = () => isWhole(received()) && echo(socket);
      socket.on("data", look);
      look();
    },
  });
  proxy = await openProxy({ ...hidden(server.port).options, limits });
};
const aim = (name: BehaviourName | "echo" | "sink") => {
  proxy.target = hidden(server.port, `${HIDDEN.path}/${name}`).target;
};

beforeEach(() => open());
afterEach(async () => {
  await proxy.close();
  await server.close();
});
const reopen = async (limits: object) => {
  await proxy.close();
  await server.close();
  await open(limits);
};

describe("a caller who leaves", () => {
  it.each<BehaviourName>(["silent", "endless", "endlessChunked", "drips"])(
    "while the upstream is %s: the upstream is left too",
    async (name) => {
      aim(name);
      const socket = connect(proxy.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      await until(() => server.received.length > 0 && server.received[0] !== "");
      socket.destroy();
      await until(() => server.connections.size === 0 && proxy.outcomes.length === 1);
      expect(proxy.outcomes[0]?.fault).toBe("client_gone");
      expect(proxy.log).toEqual([]);
    },
  );

  it("half, by closing only his sending side: counts as gone, as nginx has it too", async () => {
    aim("silent");
    const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }, () =>
      socket.end("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    );
    socket.resume();
    await until(() => proxy.outcomes.length === 1 && server.connections.size === 0);
    expect(proxy.outcomes[0]?.fault).toBe("client_gone");
    socket.destroy();
  });

  it("in the middle of his own upload: the upstream sees it cut, and nothing is logged as its fault", async () => {
    aim("sink");
    const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf";
    const socket = connect(proxy.port, "127.0.0.1", () => socket.write(head));
    await until(() => server.received[0]?.endsWith("half") ?? false);
    socket.destroy();
    await until(() => proxy.outcomes.length === 1 && server.connections.size === 0);
    expect(proxy.outcomes[0]?.fault).toBe("client_gone");
    expect(proxy.log).toEqual([]);
  });
});

describe("a caller who does not read", () => {
  it("holds the upstream back instead of filling our memory, and is cut when his time is up", async () => {
    await reopen({ idleMs: 300 });
    aim("endless");
    const socket = connect(proxy.port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    socket.pause();
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]?.fault).toBe("client_gone");
    // What the kernel's buffers on both sides hold, and not the gigabytes that the upstream would send.
    expect(proxy.outcomes[0]?.bytes).toBeLessThan(32_000_000);
    socket.destroy();
  });
});

describe("a caller who sends slowly", () => {
  it("is told 408 when his body stalls", async () => {
    await reopen({ firstByteMs: 200, idleMs: 200 });
    aim("sink");
    const answer = await talk(proxy.port, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"request_timeout"');
    expect(proxy.log).toEqual([]);
  });

  it("keeps his upload as long as it moves, within the total", async () => {
    await reopen({ firstByteMs: 400, idleMs: 400 });
    aim("sink");
    const head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const socket = connect(proxy.port, "127.0.0.1", () => socket.write(head));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    for (let sent = 1; sent <= 5; sent++) {
      await new Promise<void>((resolve) => setTimeout(() => socket.write("1\r\na\r\n", () => resolve()), 150));
    }
    socket.write("0\r\n\r\n");
    await until(() => answer.includes("hi"));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

describe("a caller who sends too much", () => {
  it("announced: 413 before the upstream hears of it", async () => {
    aim("echo");
    const seen = await ask(proxy.port, { method: "POST", body: Buffer.alloc(2_000_000) });
    expect([seen.status, codeOf(seen)]).toEqual([413, "body_too_large"]);
    expect(server.received).toEqual([]);
  });

  it("unannounced: 413 once the cap is reached, and the upstream's copy has no clean end", async () => {
    aim("sink");
    const headers = { "transfer-encoding": "chunked" };
    const seen = await ask(proxy.port, { method: "POST", headers, body: Buffer.alloc(2_000_000) });
    expect([seen.status, codeOf(seen)]).toEqual([413, "body_too_large"]);
    await until(() => server.connections.size === 0);
    expect(server.received[0]?.endsWith("0\r\n\r\n")).toBe(false);
  });

  it("endlessly: he reads his 413, and is cut after the linger time", async () => {
    await reopen({ lingerMs: 100 });
    aim("sink");
    const socket = connect(proxy.port, "127.0.0.1", () => {
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      fill();
    });
    const fill = () => {
      while (!socket.destroyed && socket.write(`10000\r\n${"x".repeat(65_536)}\r\n`));
    };
    let answer = "";
    socket.on("drain", fill);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("as much as allowed: it arrives whole", async () => {
    aim("sink");
    const body = "y".repeat(1_000_000);
    expect((await ask(proxy.port, { method: "PUT", body })).status).toBe(200);
    expect(server.received[0]).toContain("content-length: 1000000\r\n");
    expect(server.received[0]?.endsWith(body)).toBe(true);
  });
});

describe("an upstream that answers before it has read everything", () => {
  it("its answer arrives, and the rest of the body is swallowed", async () => {
    aim("refuses500");
    const seen = await ask(proxy.port, { method: "POST", body: Buffer.alloc(900_000) });
    expect([seen.status, seen.body.toString(), seen.isCut]).toEqual([500, "oops", false]);
  });
});

describe("requests that mean two things", () => {
  const SMUGGLED = "0\r\n\r\nGET /admin HTTP/1.1\r\nHost: x\r\n\r\n";
  it.each([
    ["length and chunked", `Content-Length: ${SMUGGLED.length}\r\nTransfer-Encoding: chunked\r\n`],
    ["two lengths", `Content-Length: ${SMUGGLED.length}\r\nContent-Length: 0\r\n`],
    ["chunked in disguise", `Content-Length: ${SMUGGLED.length}\r\nTransfer-Encoding: xchunked\r\n`],
    ["a space before the colon", `Content-Length : ${SMUGGLED.length}\r\n`],
    ["chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"],
  ])("%s: 400, and the upstream sees nothing", async (_, framing) => {
    aim("echo");
    const answer = await talk(proxy.port, `POST / HTTP/1.1\r\nHost: x\r\n${framing}\r\n${SMUGGLED}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(server.received).toEqual([]);
  });

  it("a request hidden in a body stays body", async () => {
    aim("sink");
    const hiddenRequest = "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n";
    const seen = await ask(proxy.port, {
      method: "POST",
      headers: { "transfer-encoding": "chunked" },
      body: hiddenRequest,
    });
    expect(seen.status).toBe(200);
    const [, body] = (server.received[0] ?? "").split(/\r\n\r\n(.*)/s);
    expect(body).toBe(`${hiddenRequest.length.toString(16)}\r\n${hiddenRequest}\r\n0\r\n\r\n`);
  });
});

describe("pipelined requests", () => {
  it("are answered in order", async () => {
    aim("echo");
    const three = ["/1", "/2", "/3"].map((path) => `GET ${path}/echo HTTP/1.1\r\nHost: x\r\n\r\n`).join("");
    const answer = await talk(proxy.port, three, (text) => text.split("hi").length === 4);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  it("a cut answer cuts those behind it too", async () => {
    aim("resetsMidBody");
    const two = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    const answer = await talk(proxy.port, two);
    expect((answer.match(/HTTP\/1\.1/g) ?? []).length).toBeLessThanOrEqual(1);
  });
});

it("TRACE is not passed on: it would echo the merchant's secrets", async () => {
  aim("echo");
  const seen = await ask(proxy.port, { method: "TRACE" });
  expect([seen.status, codeOf(seen)]).toEqual([405, "method_not_allowed"]);
  expect(server.received).toEqual([]);
});

it("a request that already came through us is a loop: 508", async () => {
  aim("echo");
  await ask(proxy.port);
  const via = /via: (.*)\r\n/.exec(server.received[0] ?? "")?.[1] ?? "";
  const seen = await ask(proxy.port, { headers: { via: `1.1 other, ${via}` } });
  expect([seen.status, codeOf(seen)]).toEqual([508, "upstream_loop"]);
});
