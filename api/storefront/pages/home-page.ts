import type { Context } from "hono";
import { html } from "hono/html";
import type { Deps } from "../../deps.ts";
import { TOP_UP } from "../../limits.ts";
import { dollarsOf } from "../../prices.ts";
import type { Shown } from "../endpoint-table.ts";
import { type Html, page } from "./page.ts";

type HomeDeps = Pick<Deps, "chain" | "receiver" | "otp">;

const DESCRIPTION =
  "APIs, phone lines, texts and one-time codes, paid for on chain: no account, the payment is the proof.";

/** What this is, for somebody who has never heard of it. */
export function homePage(deps: HomeDeps, { sales }: Pick<Shown, "sales">) {
  const body = html`<div class="home">
<h1>Pay on chain, then unlock.</h1>
<p class="lead">${DESCRIPTION} For people with a wallet in their browser, and for programs that pay by themselves.</p>
<p class="row"><a class="button" href="/gate">Put a price on an API</a>
<a class="button quiet" href="/docs/getting-started">Pay for one</a>
<a class="button quiet" href="/dashboard">Your dashboard</a></p>
<div class="stories">
${payThenPoll(deps)}
${sales.length > 0 ? [payPerCall(deps), depositFirst(deps)] : ""}
</div>
<h2>Why nobody has to be trusted</h2>
<ul>
<li><strong>The chain is the witness.</strong> What you have paid for follows from what is on chain; no payment processor stands between.</li>
<li><strong>A wrong payment does not go through.</strong> The contract refuses a wrong amount, token or merchant, and a payment that is late or was made before.</li>
<li><strong>You pay once, and never for nothing.</strong> The same request again is not charged again; what fails after you paid becomes a credit of yours.</li>
</ul>
${sales.length > 0 ? prices(sales) : ""}
<h2>For programs</h2>
<p><a href="/llms.txt">/llms.txt</a> for language models, <a href="/openapi.json">/openapi.json</a> for code, <a href="/discovery/resources">/discovery/resources</a> for catalogues of x402, <code>/mcp</code> for MCP clients. All of it in words: <a href="/docs">documentation</a>.</p>
</div>`;
  return (c: Context) => page(c, { title: "Pay on chain, then unlock", description: DESCRIPTION }, body);
}

const story = (title: string, { steps, more }: { steps: readonly Html[]; more: string }): Html =>
  html`<section class="card"><h2>${title}</h2><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>
<p><a href="/docs/getting-started#${more}">${title}, step by step</a></p></section>`;

const payThenPoll = ({ chain: { chain } }: HomeDeps): Html =>
  story("Pay, then poll", {
    steps: [
      html`A merchant hides an API behind a price and shares its link.`,
      html`You pay a contract on ${chain.name}, in ${chain.nativeSymbol} or a token.`,
      html`The API answers you, for the time that was paid for.`,
    ],
    more: "pay-then-poll",
  });

const payPerCall = ({ receiver }: HomeDeps): Html =>
  story("Pay per call", {
    steps: [
      html`Your program asks for a phone line or a text, and is told the price.`,
      html`It signs a payment in USDC on ${receiver?.chain.name ?? ""} (x402) and asks again.`,
      html`The line is yours, the text is sent.`,
    ],
    more: "pay-per-call",
  });

const depositFirst = ({ otp }: HomeDeps): Html =>
  story("Deposit first", {
    steps: [
      html`One payment of $${dollarsOf(TOP_UP.minMicroUsd)} or more becomes a balance and an API key.`,
      html`The key pays for everything that has a price${otp ? ", such as a number for a one-time code" : ""}.`,
      html`What does not come costs nothing: its price is back on the balance.`,
    ],
    more: "deposit-first",
  });

const prices = (sales: Shown["sales"]): Html => html`<h2>What things cost</h2>
<div class="scrolls" role="region" tabindex="0" aria-label="Prices"><table>
<thead><tr><th>what</th><th class="number">USDC</th></tr></thead>
<tbody>${sales.filter(({ priceOf }) => !priceOf).map(({ description, priceMicroUsd }) => html`<tr><td>${description}</td><td class="number">$${dollarsOf(priceMicroUsd).toLocaleString("en-US", { minimumFractionDigits: 2 })}</td></tr>`)}</tbody>
</table></div>`;
