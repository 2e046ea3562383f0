import { parseUnits } from "../amount.ts";
import { durationOf } from "../duration.ts";
import { InvalidField } from "../invalid-field.ts";
import { fail, tell } from "../status.ts";
import { asked } from "./dialog.ts";
import type { Field } from "./field.ts";
import { digitsOf, type MaskedApi, pathOf, titleOf } from "./masked-api.ts";
import type { Desk } from "./panel.ts";
import { tokenOf } from "./tokens.ts";

type Answer = { data: MaskedApi };

/** Each gives the API as it is then; undefined when nothing was done. */
type Act = (desk: Desk, api: MaskedApi) => Promise<MaskedApi | undefined>;

export const editApi: Act = async (desk, api) => {
  const changed = await asked<MaskedApi>({
    title: `Edit ${titleOf(api)}`,
    intro: [
      `Quotes that are out stay good at their old price, for ${durationOf(desk.data.limits.quoteValidSec)} at most. What was paid goes on until it ends.`,
    ],
    fields: fieldsOf(desk, api),
    action: "Save",
    work: async (values) => {
      const body = changesOf(desk, { api, values });
      if (Object.keys(body).length === 0) return api;
      return (await desk.account.ask<Answer>("PATCH", pathOf(api), { body })).data;
    },
  });
  if (changed) tell(`${titleOf(changed)} is saved.`);
  return changed;
};

export const switchApi: Act = async ({ account }, api) => {
  const verb = api.status === "paused" ? "resume" : "pause";
  return at(async () => {
    const { data } = await account.ask<Answer>("POST", `${pathOf(api)}/${verb}`);
    tell(verb === "pause" ? "Paused: nobody can pay any more, and who has paid goes on." : "On sale again.");
    return data;
  });
};

export const switchListing: Act = async ({ account }, api) =>
  at(async () => {
    const { data } = await account.ask<Answer>("PATCH", pathOf(api), { body: { p_is_listed: !api.is_listed } });
    tell(data.is_listed ? "Listed: agents find it by discovery." : "Not listed any more: only its link leads to it.");
    return data;
  });

export const deleteApi: Act = ({ account }, api) =>
  asked({
    title: `Delete ${titleOf(api)}?`,
    intro: ["It goes off sale for good. Who has paid can call it until that ends. What was earned is yours already."],
    action: "Delete",
    isDangerous: true,
    work: async () => {
      await account.ask("DELETE", pathOf(api));
      return { ...api, status: "deleted" };
    },
  });

async function at<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    fail(error);
    return undefined;
  }
}

const UNITS = [
  ["86400", "days"],
  ["3600", "hours"],
  ["60", "minutes"],
  ["1", "seconds"],
] as const;

function fieldsOf(desk: Desk, api: MaskedApi): Field[] {
  const token = tokenOf(desk, api.token_address);
  const { nameChars, descriptionChars } = desk.data.limits.api;
  const unitSec = unitOf(api.valid_for_sec);
  return [
    { kind: "text", name: "p_name", label: "Name", value: api.name ?? "", maxLength: nameChars },
    {
      kind: "long",
      name: "p_description",
      label: "Description",
      value: api.description ?? "",
      maxLength: descriptionChars,
    },
    {
      kind: "number",
      name: "p_amount_wei",
      label: "Price",
      unit: token.symbol,
      value: digitsOf(BigInt(api.amount_wei), token),
    },
    {
      kind: "number",
      name: "p_valid_for_sec",
      label: "A payment lasts",
      unit: { name: "unit", value: String(unitSec), options: UNITS },
      value: String(api.valid_for_sec / unitSec),
    },
  ];
}

const unitOf = (sec: number): number =>
  UNITS.map(([unit]) => Number(unit)).find((unit) => sec >= unit && sec % unit === 0) ?? 1;

type Filled = { readonly api: MaskedApi; readonly values: FormData };

/** Only what differs: every edit makes a new version. */
function changesOf(desk: Desk, { api, values }: Filled): Record<string, unknown> {
  const text = (name: string) => String(values.get(name)).trim();
  const amount = priceOf(text("p_amount_wei"), tokenOf(desk, api.token_address).decimals);
  const validForSec = Number(text("p_valid_for_sec")) * Number(text("unit"));
  return {
    ...(text("p_name") !== (api.name ?? "") && { p_name: text("p_name") || null }),
    ...(text("p_description") !== (api.description ?? "") && { p_description: text("p_description") || null }),
    ...(amount !== api.amount_wei && { p_amount_wei: amount }),
    ...(validForSec !== api.valid_for_sec && { p_valid_for_sec: validForSec }),
  };
}

function priceOf(text: string, decimals: number): string {
  try {
    return parseUnits(text, decimals).toString();
  } catch (error) {
    throw new InvalidField("p_amount_wei", `${(error as Error).message}.`);
  }
}
