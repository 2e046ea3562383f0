import { el } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";
import { tell } from "../status.ts";
import { asked } from "./dialog.ts";
import type { Desk } from "./panel.ts";
import { purchased } from "./purchase.ts";
import { showSecret } from "./secret.ts";
import { dollars, microUsdOf } from "./shown.ts";

type ToppedUp = { api_key?: string; credited_usd: number };

/** Puts USDC of the wallet onto the balance; true once it is there. */
export async function topUp(desk: Desk): Promise<boolean> {
  const amountUsd = await amountAsked(desk);
  if (amountUsd === undefined) return false;
  const body = { amount_usd: amountUsd };
  const title = `Top up ${dollars(microUsdOf(amountUsd))}`;
  const answer = await purchased<ToppedUp>(desk, { kind: "top-up", title, path: "/api/v1/x402/topup", body });
  if (answer) await toppedUp(answer);
  return answer !== undefined;
}

/** Also after a reload. */
export async function toppedUp({ api_key, credited_usd }: ToppedUp): Promise<void> {
  const amount = dollars(microUsdOf(credited_usd));
  const words = `This key spends the ${amount}, and is shown this once. Send it as X-API-Key.`;
  if (api_key) await showSecret({ title: "Your API key", secret: api_key, words });
  tell(`${amount} were added to your balance.`);
}

function amountAsked({ data }: Desk): Promise<number | undefined> {
  const { min, usual } = data.limits.topUpUsd;
  return asked({
    title: "Top up",
    intro: [el("p", {}, `Pay USDC on ${data.paidOn?.name ?? "chain"} with one signature of your wallet.`)],
    fields: [
      {
        kind: "number",
        name: "amount_usd",
        label: "Amount",
        unit: "USD",
        value: String(usual),
        hint: `$${min} or more.`,
      },
    ],
    action: "Go on",
    work: async (values) => {
      const amount = Number(values.get("amount_usd"));
      if (!(amount >= min) || Math.round(amount * 100) / 100 !== amount)
        throw new InvalidField("amount_usd", `Write an amount of $${min} or more, in whole cents.`);
      return amount;
    },
  });
}
