import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { isSigned, signatureOf } from "../../../api/providers/phone/twilio/signature.ts";
import { startTwilio } from "../../../dev/carriers/twilio/server.ts";

const authToken = "12345";
const fields = {
  To: "+18005551212",
  Body: "it's 5 < 6 & “so”\n😀",
  From: "+14158675309",
  MessageSid: "SM1",
  Empty: "",
};
const URLS = [
  "https://shop.example/api/v1/carrier/twilio/inbound",
  "https://shop.example:8443/api/v1/carrier/twilio/inbound",
  "https://shop.example/inbound?who=it's+me&x=%27%20a/b'",
  "http://127.0.0.1:8402/status/3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11",
  "https://[2001:db8::1]:8443/inbound",
  "https://SHOP.example/inbound?",
];

describe("a signature", () => {
  it.each(URLS)("is what Twilio's own code makes of %s", (url) => {
    const expected = twilio.getExpectedTwilioSignature(authToken, url, fields);
    expect(signatureOf(authToken, url, new URLSearchParams(fields))).toBe(expected);
    expect(isSigned(expected, { authToken, url, fields: new URLSearchParams(fields) })).toBe(true);
  });

  it("is the same of fields that come more than once", () => {
    const many = new URLSearchParams([
      ...Object.entries(fields),
      ["MediaUrl", "b"],
      ["MediaUrl", "a"],
      ["MediaUrl", "b"],
    ]);
    const expected = twilio.getExpectedTwilioSignature(authToken, URLS[0] as string, {
      ...fields,
      MediaUrl: ["b", "a", "b"],
    });
    expect(signatureOf(authToken, URLS[0] as string, many)).toBe(expected);
  });

  it.each([
    ["https://shop.example/inbound", "https://shop.example:443/inbound"],
    ["https://shop.example:8443/inbound", "https://shop.example/inbound"],
    ["http://shop.example:80/inbound", "http://shop.example/inbound"],
  ])("of %s may be made over %s", (url, signed) => {
    const signature = twilio.getExpectedTwilioSignature(authToken, signed, fields);
    expect(isSigned(signature, { authToken, url, fields: new URLSearchParams(fields) })).toBe(true);
    expect(twilio.validateRequest(authToken, signature, url, fields)).toBe(true);
  });

  const url = URLS[2] as string;
  const right = twilio.getExpectedTwilioSignature(authToken, url, fields);
  it.each<[string, Parameters<typeof isSigned>]>([
    ["none", [undefined, { authToken, url, fields: new URLSearchParams(fields) }]],
    ["an empty one", ["", { authToken, url, fields: new URLSearchParams(fields) }]],
    ["half of one", [right.slice(0, 10), { authToken, url, fields: new URLSearchParams(fields) }]],
    ["another token's", [right, { authToken: "12346", url, fields: new URLSearchParams(fields) }]],
    ["another URL's", [right, { authToken, url: `${url}x`, fields: new URLSearchParams(fields) }]],
    ["another spelling's", [right, { authToken, url: url.replace("'", "%27"), fields: new URLSearchParams(fields) }]],
    ["another body's", [right, { authToken, url, fields: new URLSearchParams({ ...fields, Body: "x" }) }]],
    ["a longer body's", [right, { authToken, url, fields: new URLSearchParams({ ...fields, More: "" }) }]],
  ])("is not %s", (_, [signature, signed]) => {
    expect(isSigned(signature, signed)).toBe(false);
  });
});

describe("what the sandbox pushes", () => {
  it("is Twilio's by Twilio's own code, to the URL as it stands", async () => {
    const got: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer(async (request, response) => {
      got.push({ url: request.url ?? "", headers: request.headers, body: (await request.toArray()).join("") });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const smsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in?who=it's me'`.replace(" ", "+");
    const sandbox = await startTwilio({ pool: { phoneNumber: "+18005550199", smsUrl } });
    expect(await sandbox.receive({ from: "+447700900001", to: sandbox.pool, body: "it's “so” & 😀" })).toBe(200);
    const [push] = got;
    expect(smsUrl).toContain(push?.url as string);
    const params = Object.fromEntries(new URLSearchParams(push?.body));
    const signature = String(push?.headers["x-twilio-signature"]);
    expect(twilio.validateRequest(sandbox.authToken, signature, smsUrl, params)).toBe(true);
    expect(params).toMatchObject({ Body: "it's “so” & 😀", AccountSid: sandbox.accountSid });
    await sandbox.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
