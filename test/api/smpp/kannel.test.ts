import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Kannel, startKannel } from "../../support/kannel.ts";
import { keyWith } from "../balance/key.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";
import { type Relay, startRelay } from "./kannel-relay.ts";

const LINE = "+12015550100";
const FRIEND = "+447700900001";
/** Whose texts Kannel's SMPP client gets octet for octet. */
const BY_SMPP = "+447700900002";

let folder: string;
let relay: Relay;
let kannel: Kannel;
let shop: PhoneShop;
let mine: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "turnpike-smpp-"));
  const numbers = path.join(folder, "numbers.json");
  await writeFile(numbers, JSON.stringify([{ phoneNumber: LINE, country: "US", monthlyUsd: 1.5 }]));
  relay = await startRelay((to) => to === BY_SMPP.slice(1));
  kannel = await startKannel(relay.port);
  relay.attach(kannel.sendsms);
  shop = await createPhoneShop({
    PHONE_CARRIER: "smpp",
    SMPP_URL: `smpp://127.0.0.1:${relay.port}`,
    SMPP_SYSTEM_ID: "turnpike",
    SMPP_PASSWORD: "secret",
    SMPP_FROM: "Turnpike",
    SMPP_NUMBERS: numbers,
    SMPP_RECEIPT_IDS: "decimal",
  });
  expect(await shop.line()).toBe(LINE);
  mine = await shop.signIn();
});
afterAll(async () => {
  await shop?.close();
  await kannel?.stop();
  await relay?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What `look` sees once that is as expected. Time goes by slower than Kannel answers. */
const inTime = <T>(look: () => Promise<T>, isSo: (seen: T) => boolean) =>
  vi.waitFor(
    async () => {
      shop.clock.advance(1);
      const seen = await look();
      if (!isSo(seen)) throw new Error(`still ${JSON.stringify(seen)}, phones ${JSON.stringify(kannel.phones)}`);
      return seen;
    },
    { timeout: 20_000, interval: 200 },
  );
const send = (to: string, message: string) =>
  shop.post("/api/v1/numbers/mine/send", { phoneNumber: LINE, to, message }, mine);
const messages = async (direction: string) =>
  (
    await shop.ask(`/api/v1/numbers/mine/messages?phoneNumber=${encodeURIComponent(LINE)}`, { headers: mine })
  ).body.messages.filter((message: { direction: string }) => message.direction === direction);
const statusOf = async (messageId: string) => (await shop.ask(`/api/v1/messages/${messageId}`)).body.status;
const got = (part: string) =>
  vi.waitFor(() => expect(kannel.phones.filter((one) => one.includes(part))).toHaveLength(1), 15_000);

describe("Kannel", () => {
  it("brings a line's text to the phone, and its receipt makes the text delivered", async () => {
    const { status, body } = await send(FRIEND, "Hello from Turnpike: 5 € [é]");
    expect([status, body.segments]).toEqual([200, 1]);
    await got(`${LINE.slice(1)} ${FRIEND.slice(1)} text Hello from Turnpike: 5 € [é]`);
    expect(
      await inTime(
        () => statusOf(body.messageId),
        (seen) => seen !== "sent",
      ),
    ).toBe("delivered");
  });

  it("brings what the phone answers to the holder of the line", async () => {
    await kannel.write(FRIEND.slice(1), LINE.slice(1), "Thanks a lot");
    const [message] = await inTime(
      () => messages("inbound"),
      (seen) => seen.length > 0,
    );
    expect(message).toMatchObject({ from: FRIEND, to: LINE, message: "Thanks a lot" });
  });

  it("hears STOP, and nothing is sent to who wrote it", async () => {
    await kannel.write("447700900009", LINE.slice(1), "stop");
    await inTime(
      () => messages("inbound"),
      (seen) => seen.length > 1,
    );
    expect((await send("+447700900009", "More of it")).body.error).toBe("recipient_opted_out");
  });

  it("reads a paid text without a line, from the pool's name", async () => {
    const { body } = await shop.pay("/api/v1/sms/send", { to: FRIEND, message: "Code 123456" });
    await got(`Turnpike ${FRIEND.slice(1)} text Code 123456`);
    expect(
      await inTime(
        () => statusOf(body.messageId),
        (seen) => seen !== "sent",
      ),
    ).toBe("delivered");
  });

  it("brings a text that is paid from a balance", async () => {
    const key = await keyWith(shop, { microUsd: 100_000n });
    const { status } = await shop.post("/api/v1/sms/send", { to: FRIEND, message: "From a balance" }, key.headers);
    await got(`Turnpike ${FRIEND.slice(1)} text From a balance`);
    expect([status, await key.balance()]).toEqual([200, 50_000n]);
  });

  it("reads the octets of long texts as they are, in both alphabets", async () => {
    const latin = `${"a".repeat(152)}€ and so on`;
    const emoji = `${"ж".repeat(66)}😀 и дальше`;
    for (const text of [latin, emoji]) expect((await send(BY_SMPP, text)).body.segments).toBe(2);
    const parts = await vi.waitFor(() => {
      const seen = kannel.phones.filter((one) => one.includes(BY_SMPP.slice(1))).map(partOf);
      expect(seen).toHaveLength(4);
      return seen;
    }, 15_000);
    // Kannel prints its alphabet in UTF-8, and UTF-16 as it is.
    const utf16 = (octets: Buffer | undefined) =>
      Buffer.from(octets ?? "")
        .swap16()
        .toString("utf16le");
    const texts = parts.map(({ octets }, i) => (i < 2 ? octets.toString() : utf16(octets)));
    expect(texts).toEqual(["a".repeat(152), "€ and so on", "ж".repeat(66), "😀 и дальше"]);
    for (const [i, { header }] of parts.entries()) {
      const textNumber = parts[i - (i % 2)]?.header[3];
      expect([...header]).toEqual([5, 0, 3, textNumber, 2, (i % 2) + 1]);
    }
  });
});

/** As `fakesmsc` prints what bears a header. */
function partOf(printed: string): { header: Buffer; octets: Buffer } {
  const [, header = "", data = ""] = / udh (\S+) data (\S+)$/.exec(printed) ?? [];
  return { header: plainOctets(header), octets: plainOctets(data) };
}

function plainOctets(escaped: string): Buffer {
  const octets = escaped.matchAll(/%([\dA-F]{2})|(.)/gs);
  return Buffer.from(
    [...octets].map(([, hex, char = ""]) => (hex ? Number.parseInt(hex, 16) : char === "+" ? 32 : char.charCodeAt(0))),
  );
}
