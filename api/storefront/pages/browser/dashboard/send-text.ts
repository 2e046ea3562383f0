import { randomHex } from "../random-hex.ts";
import { tell } from "../status.ts";
import { asked } from "./dialog.ts";
import type { Line } from "./line.ts";
import type { Desk } from "./panel.ts";
import { purchased } from "./purchase.ts";
import { count, dollars, microUsdOf } from "./shown.ts";

type Text = { readonly phoneNumber: string; readonly to: string; readonly message: string };

const PATH = "/api/v1/numbers/mine/send";

/** Sends a text from a line: an included one, or for a payment when they are used up. True once it is on its way. */
export async function sendText(desk: Desk, line: Line): Promise<boolean> {
  return line.includedTextsLeft > 0 ? included(desk, line) : paid(desk, line);
}

async function included(desk: Desk, line: Line): Promise<boolean> {
  // The same name for every try of the same text: an answer that was lost sends no second one.
  const names = new Map<string, string>();
  const sent = await composed(desk, line, async (body) => {
    const text = JSON.stringify(body);
    const name = names.get(text) ?? randomHex(16);
    names.set(text, name);
    await desk.account.ask("POST", PATH, { body, headers: { "Idempotency-Key": name } });
    return true;
  });
  if (sent) textSent();
  return sent === true;
}

async function paid(desk: Desk, line: Line): Promise<boolean> {
  const body = await composed(desk, line, async (text) => text);
  if (!body) return false;
  const sent = await purchased(desk, { kind: "text", title: `Send a text to ${body.to}`, path: PATH, body });
  if (sent) textSent();
  return sent !== undefined;
}

export const textSent = (): void => tell("The text is on its way.");

function composed<T>({ data }: Desk, { phoneNumber, includedTextsLeft }: Line, work: (text: Text) => Promise<T>) {
  const price = dollars(microUsdOf(data.textUsd));
  return asked<T>({
    title: "Send a text",
    intro: [
      includedTextsLeft > 0
        ? `From ${phoneNumber}; ${count(includedTextsLeft, "included text")} left.`
        : `From ${phoneNumber}. Its included texts are used up: this one costs ${price}.`,
    ],
    fields: [
      { kind: "text", name: "to", label: "To", hint: "With country code, such as +447700900123." },
      { kind: "long", name: "message", label: "Message", maxLength: data.limits.messageChars },
    ],
    action: includedTextsLeft > 0 ? "Send" : "Go on",
    work: (values) =>
      work({
        phoneNumber,
        to: String(values.get("to")).replaceAll(/[\s()-]/g, ""),
        message: String(values.get("message")),
      }),
  });
}
