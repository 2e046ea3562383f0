import { InvalidField } from "../invalid-field.ts";
import { tell } from "../status.ts";
import { asked } from "./dialog.ts";
import type { Desk } from "./panel.ts";
import { purchased } from "./purchase.ts";
import { count, dollars, microUsdOf } from "./shown.ts";

type Bought = { phoneNumber?: string };

/** Buys a line with the wallet; true once it is there. */
export async function buyLine(desk: Desk): Promise<boolean> {
  const country = await countryAsked(desk);
  if (country === undefined) return false;
  const path = `/api/v1/numbers/buy/${country === "US" ? "us" : "intl"}`;
  const bought = await purchased<Bought>(desk, { kind: "line", title: "Get a line", path, body: { country } });
  if (bought) lineBought(bought);
  return bought !== undefined;
}

export const lineBought = ({ phoneNumber }: Bought): void => tell(`${phoneNumber ?? "The line"} is yours.`);

/** 30 days more; true once they are paid. */
export async function renewLine(desk: Desk, phoneNumber: string): Promise<boolean> {
  const wish = { path: "/api/v1/numbers/mine/renew", body: { phoneNumber } };
  const renewed = await purchased(desk, { kind: "renewal", title: `Renew ${phoneNumber}`, ...wish });
  if (renewed) lineRenewed();
  return renewed !== undefined;
}

export const lineRenewed = (): void => tell("The line is renewed.");

function countryAsked({ data }: Desk): Promise<string | undefined> {
  return asked({
    title: "Get a line",
    intro: [
      `A phone number of your own for ${data.line.days} days with ${count(data.line.texts, "text")}, for ${dollars(microUsdOf(data.line.priceUsd))} in USDC.`,
    ],
    fields: [
      {
        kind: "text",
        name: "country",
        label: "Country",
        value: "US",
        maxLength: 2,
        hint: "Two letters, such as US or GB.",
      },
    ],
    action: "Go on",
    work: async (values) => {
      const country = String(values.get("country")).trim().toUpperCase();
      if (!/^[A-Z]{2}$/.test(country))
        throw new InvalidField("country", "Write the country's two letters, such as US.");
      return country;
    },
  });
}
