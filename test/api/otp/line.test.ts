import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { DISCORD, HASTE, KEY, openAt } from "./counter.ts";
import { type RawSupplier, startRawSupplier } from "./raw-supplier.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function at(answer: (socket: Socket, request: string) => void, path = "/stubs/handler_api.php") {
  const supplier: RawSupplier = await startRawSupplier(answer);
  const { otp, logs } = await openAt(supplier.url + path, undefined, HASTE);
  closers.push(otp.close, supplier.close);
  return { supplier, otp, logs };
}

const SOLD = "ACCESS_NUMBER:1:620001234567";
const http = (body: string, head = `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}`) =>
  `${head}\r\n\r\n${body}`;

describe("what goes to the supplier", () => {
  it("is a GET with key and action, beside what the operator's URL says already", async () => {
    const { supplier, otp } = await at((socket) => socket.write(http(SOLD)), "/a/b.php?lang=en&action=x");
    expect(await otp.buy({ ...DISCORD, maxCostMicroUsd: 35_001n })).toMatchObject({ kind: "bought" });
    const [line = ""] = supplier.asked;
    expect(line).toMatch(/^GET \/a\/b\.php\?/);
    expect(Object.fromEntries(new URL(line.split(" ")[1] ?? "", "http://x").searchParams)).toEqual({
      ...{ lang: "en", api_key: KEY, action: "getNumber" },
      ...{ service: "ds", country: "6", maxPrice: "0.035001" },
    });
  });

  it("does not follow a redirect", async () => {
    const other = await at((socket) => socket.write(http(SOLD)));
    const { otp, logs } = await at((socket) =>
      socket.write(http("", `HTTP/1.1 302 Found\r\nLocation: ${other.supplier.url}\r\nContent-Length: 0`)),
    );
    expect(await otp.buy(DISCORD)).toEqual({ kind: "unknown" });
    expect(other.supplier.asked).toEqual([]);
    expect(logs.join()).toContain("HTTP_302");
  });
});

const reset = (socket: Socket, text: string) => socket.write(text, () => socket.resetAndDestroy());

describe("a purchase", () => {
  const ENDLESS = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
  it.each<[string, (socket: Socket) => void]>([
    ["a reset before the answer", (socket) => socket.resetAndDestroy()],
    ["a close before the answer", (socket) => socket.end()],
    ["silence", () => {}],
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    ["half a head", (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Le")],
    ["a head and silence", (socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n")],
    ["a cut body", (socket) => socket.end(http(SOLD.slice(0, 24), "HTTP/1.1 200 OK\r\nContent-Length: 28"))],
    ["a cut chunk", (socket) => socket.end(http(`1c\r\n${SOLD}`, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"))],
    ["a bad gateway", (socket) => socket.write(http(SOLD, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 28"))],
    ["a body without length that is reset", (socket) => reset(socket, `${ENDLESS}${SOLD.slice(0, 24)}`)],
    ["a body without end", (socket) => socket.write(ENDLESS + "x".repeat(80_000))],
    ["a head without end", (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(80_000)}`)],
  ])("that ends in %s is sent once, and what came of it is unknown", async (_, answer) => {
    const { supplier, otp, logs } = await at(answer);
    expect(await otp.buy(DISCORD)).toEqual({ kind: "unknown" });
    expect(supplier.asked.filter((line) => line.includes("action=getNumber"))).toHaveLength(1);
    await expect.poll(() => supplier.open).toBe(0);
    expect(logs).toHaveLength(1);
    expect(logs.join()).not.toMatch(/SECRET|x{10}|ACCESS/);
  });

  it("goes out on a connection of its own, for a kept one may be closing", async () => {
    const askedOn = new Map<Socket, string[]>();
    const { otp } = await at((socket, request) => {
      const action = /action=(\w+)/.exec(request)?.[1] ?? "";
      askedOn.set(socket, [...(askedOn.get(socket) ?? []), action]);
      socket.write(http(SOLD));
    });
    for (let i = 0; i < 20; i++) await otp.status("1");
    expect(askedOn.size).toBeLessThan(20);
    for (let i = 0; i < 3; i++) await otp.buy(DISCORD);
    const withPurchase = [...askedOn.values()].filter((actions) => actions.includes("getNumber"));
    expect(withPurchase).toEqual([["getNumber"], ["getNumber"], ["getNumber"]]);
  });

  it("that never got to the supplier is refused", async () => {
    const { supplier, otp, logs } = await at(() => {});
    await supplier.close();
    expect(await otp.buy(DISCORD)).toEqual({ kind: "refused", reason: "failed" });
    expect(logs).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  it("is refused in a supplier's own words that come with a 4xx", async () => {
    const { otp } = await at((socket) =>
      socket.write(http("NO_NUMBERS", "HTTP/1.1 404 Not Found\r\nContent-Length: 10")),
    );
    expect(await otp.buy(DISCORD)).toEqual({ kind: "refused", reason: "no_numbers" });
  });
});

describe("an answer", () => {
  it("that is longer than any of its kind is not read to its end", async () => {
    const { supplier, otp, logs } = await at((socket) => {
      const more = () => {
        while (socket.writable && socket.write("x".repeat(64 * 1024)));
        socket.once("drain", more);
      };
      socket.write("HTTP/1.1 200 OK\r\n\r\nSTATUS_OK:");
      more();
    });
    expect(await otp.status("1")).toEqual({ kind: "unknown" });
    await expect.poll(() => supplier.open).toBe(0);
    expect(logs.join()).toContain("TOO_LONG");
  });

  it("may hold bytes that are no text", async () => {
    const { otp } = await at((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nSTATUS_OK:");
      socket.write(Buffer.from([0x31, 0xff, 0x00, 0x32]));
    });
    expect(await otp.status("1")).toEqual({ kind: "received", code: "1\ufffd2", text: "1\ufffd2" });
  });
});
