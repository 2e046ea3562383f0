import { InvalidField } from "../invalid-field.ts";
import { tell } from "../status.ts";
import { asked } from "./dialog.ts";
import type { Field } from "./field.ts";
import { type Key, nameOf } from "./key.ts";
import type { Desk } from "./panel.ts";
import { showSecret } from "./secret.ts";

/** Does something with a key; true when it is done. */
export type Act = (desk: Desk, key: Key) => Promise<boolean>;

type Made = { api_key: string };

const TOLD_ONCE = "It is shown this once: copy it now. Programs send it as X-API-Key.";

export async function makeKey({ account, data }: Desk): Promise<boolean> {
  const made = await asked<Made>({
    title: "New key",
    fields: [
      ...fieldsOf(data.limits.nameChars),
      {
        kind: "check",
        name: "may_manage",
        label: "May manage keys, lines and webhooks",
        hint: "It then spends the whole balance, and has no cap.",
      },
    ],
    action: "Make the key",
    work: (values) => {
      const body = { ...changeOf(values), may_manage: values.get("may_manage") !== null };
      if (body.may_manage && body.cap_usd !== null)
        throw new InvalidField("cap_usd", "A key that may manage has no cap.");
      return account.ask("POST", "/api/v1/keys", { body });
    },
  });
  if (!made) return false;
  await showSecret({ title: "Your new key", secret: made.api_key, words: TOLD_ONCE });
  return true;
}

export const alterKey: Act = async ({ account, data }, key) => {
  const done = await asked({
    title: `Edit ${nameOf(key)}`,
    fields: fieldsOf(data.limits.nameChars, key).filter(({ name }) => name !== "cap_usd" || !key.may_manage),
    action: "Save",
    work: async (values) => {
      await account.ask("PATCH", `/api/v1/keys/${key.key_id}`, { body: changeOf(values) });
      return true;
    },
  });
  if (done) tell("The key is changed.");
  return done === true;
};

export const rotateKey: Act = async ({ account }, key) => {
  const made = await asked<Made>({
    title: `Rotate ${nameOf(key)}?`,
    intro: ["You get a new secret in its place. The old one stops working at once; name, cap and what was spent stay."],
    action: "Rotate",
    isDangerous: true,
    work: () => account.ask("POST", `/api/v1/keys/${key.key_id}/rotate`),
  });
  if (!made) return false;
  await showSecret({ title: "The key's new secret", secret: made.api_key, words: TOLD_ONCE });
  return true;
};

export const revokeKey: Act = async ({ account }, key) => {
  const done = await asked({
    title: `Revoke ${nameOf(key)}?`,
    intro: ["It stops working at once and for good. The balance stays yours."],
    action: "Revoke",
    isDangerous: true,
    work: async () => {
      await account.ask("DELETE", `/api/v1/keys/${key.key_id}`);
      return true;
    },
  });
  if (done) tell(`${nameOf(key)} is revoked.`);
  return done === true;
};

const fieldsOf = (maxLength: number, key?: Key): Field[] => [
  { kind: "text", name: "name", label: "Name", value: key?.name ?? "", maxLength, hint: "For you to know it by." },
  {
    kind: "number",
    name: "cap_usd",
    label: "Cap",
    unit: "USD",
    value: String(key?.cap_usd ?? ""),
    hint: "All that it may spend, ever. Empty for no cap.",
  },
];

function changeOf(values: FormData): { name: string; cap_usd?: number | null } {
  const name = String(values.get("name"));
  if (!values.has("cap_usd")) return { name };
  const cap = String(values.get("cap_usd")).trim();
  if (cap !== "" && !(/^[\d.]+$/.test(cap) && Number(cap) > 0))
    throw new InvalidField("cap_usd", "Write the cap in dollars, such as 5, or leave it empty.");
  return { name, cap_usd: cap === "" ? null : Number(cap) };
}
