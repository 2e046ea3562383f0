import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { getAddress } from "viem";
import { NATIVE_TOKEN } from "../../../contracts/chains.ts";
import type { Deps } from "../../deps.ts";
import { API_KEYS, MASKED_API, MESSAGE_CHARS, QUOTE_VALID_SEC, SIGN_IN, TOP_UP } from "../../limits.ts";
import { dollarsOf, INCLUDED_TEXTS, LEASE_DAYS, PRICES } from "../../prices.ts";
import type { Sale } from "../../sale.ts";
import type { DashboardData } from "./browser/dashboard/data.ts";
import { type Html, page, statusBox } from "./page.ts";
import { walletChainOf } from "./wallet-chain.ts";

type DashboardDeps = Pick<Deps, "phone" | "receiver" | "chain">;
type Shown = { readonly sales: readonly Sale[] };

/** What a wallet owns here: its lines, balance, keys and APIs. Everything but the frame comes once it has signed in. */
export function dashboardRoutes(deps: DashboardDeps, { sales }: Shown): Hono {
  const routes = new Hono();
  const data = dataOf(deps, sales);
  const head = {
    title: "Dashboard",
    description: "Your lines and their messages, balance, API keys and masked APIs.",
    script: "dashboard",
    noIndex: true,
    data,
  } as const;
  routes.get("/dashboard", (c: Context) => page(c, head, body()));
  return routes;
}

/** What the script has to know before it asks. */
function dataOf({ phone, receiver, chain }: DashboardDeps, sales: readonly Sale[]): DashboardData {
  return {
    hasLines: phone !== undefined,
    items: Object.fromEntries(sales.map(({ id, docs }) => [id, docs.summary])),
    paidOn: receiver && walletChainOf(receiver.chain),
    receiver: receiver && getAddress(receiver.address),
    // Others are asked for when they are met.
    tokens: [{ symbol: chain.chain.nativeSymbol, address: NATIVE_TOKEN, decimals: 18 }],
    limits: {
      nameChars: API_KEYS.nameChars,
      messageChars: MESSAGE_CHARS,
      topUpUsd: { min: dollarsOf(TOP_UP.minMicroUsd), usual: dollarsOf(TOP_UP.usualMicroUsd) },
      quoteValidSec: QUOTE_VALID_SEC,
      api: { nameChars: MASKED_API.nameChars, descriptionChars: MASKED_API.descriptionChars, page: MASKED_API.listed },
    },
    line: {
      priceUsd: dollarsOf(PRICES.lineMicroUsd),
      renewalUsd: dollarsOf(PRICES.lineRenewalMicroUsd),
      days: LEASE_DAYS,
      texts: INCLUDED_TEXTS.activation,
    },
    textUsd: dollarsOf(PRICES.smsMicroUsd),
  };
}

const body = (): Html => html`<h1>Dashboard</h1>
<noscript><p class="note">This page works with your wallet, and needs JavaScript for it.</p></noscript>
<section id="sign-in" class="card narrow" aria-labelledby="sign-in-title">
<h2 id="sign-in-title">Sign in with your wallet</h2>
<p>Your lines, balance, keys and APIs belong to the wallet that paid for them or is paid by them. Sign a message with it to
show that it is yours: that costs nothing and sends no transaction. It holds for ${SIGN_IN.tokenValidSec / 3600} hours in
this tab.</p>
<div class="row">
<button type="button" id="connect">Sign in</button>
<button type="button" id="connect-other" class="quiet">Choose another wallet</button>
</div>
</section>
<div id="signed-in" hidden>
<div id="unfinished" class="note" hidden></div>
<div class="row apart who"><span>Signed in as <code id="who"></code></span>
<button type="button" id="sign-out" class="quiet small">Sign out</button></div>
<nav class="tabs" aria-label="Dashboard">
<a href="#lines">Lines</a><a href="#balance">Balance</a><a href="#keys">Keys</a><a href="#apis">APIs</a>
</nav>
${panel("lines", "Lines", linesTools())}
${panel("balance", "Balance", html`<button type="button" id="top-up" class="small">Top up</button>`)}
${panel("keys", "API keys", html`<button type="button" id="new-key" class="small">New key</button>`)}
${panel("apis", "Masked APIs", html`<a class="button small" href="/gate">Put an API on sale</a>`)}
</div>
<div class="notices">${statusBox()}</div>`;

/** Filled by the script when it is looked at. Focus goes there when what had it is replaced. */
const panel = (
  name: string,
  title: string,
  tools: Html,
): Html => html`<section id="panel-${name}" aria-labelledby="${name}-title" hidden>
<div class="row apart"><h2 id="${name}-title">${title}</h2><div class="row tools">${tools}
<button type="button" class="quiet small" data-refresh>Refresh</button></div></div>
<div id="${name}-list" class="list" tabindex="-1"></div>
</section>`;

const linesTools = (): Html => html`<label class="tick"><input type="checkbox" id="lines-all">Show ended lines</label>
<button type="button" id="buy-line" class="small">Get a line</button>`;
