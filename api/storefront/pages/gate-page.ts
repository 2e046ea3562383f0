import { Hono } from "hono";
import { html } from "hono/html";
import { MASKED_API } from "../../limits.ts";
import { METHODS } from "../../products/masked-api/input.ts";
import type { GateData } from "./browser/gate/data.ts";
import { createGateData, type GateDataDeps } from "./gate-data.ts";
import { type Html, page, statusBox } from "./page.ts";

/** `/gate`: where a person puts a price on an API. */
export function gatePage(deps: GateDataDeps): Hono {
  const routes = new Hono();
  const dataOf = createGateData(deps);
  routes.get("/gate", async (c) => {
    const data = await dataOf();
    return page(c, { ...HEAD, data }, body(data));
  });
  return routes;
}

const HEAD = {
  title: "Put a price on an API",
  description:
    "Hide any HTTP API behind a price: callers pay on chain, straight into your wallet, and only then get through.",
  script: "gate",
} as const;

const body = (data: GateData): Html => html`<div class="narrow">
<p class="eyebrow">Sell an API</p>
<h1>Put a price on an API</h1>
<p class="lead" id="lead">Callers get a new address that asks for money first. They pay on ${data.chain.name}, straight into your
wallet, and are let through to your API for a time. Nobody sees where it really is.</p>
<noscript><p class="note">This form needs JavaScript. <a href="/docs/api-reference">POST /api/402/apis</a> does the same
without.</p></noscript>
<form id="gate" novalidate>
<section class="card" aria-labelledby="what-title"><h2 id="what-title">The API</h2>
${field(["p_api_url", "Its real address", "Public and https. Callers never see it."], ADDRESS)}
${field(["p_name", "Name", "Optional. Who pays reads it."], html`<input id="p_name" aria-describedby="p_name-hint" maxlength="${MASKED_API.nameChars}" autocomplete="off">`)}
${field(["p_description", "Description", "Optional. What callers get for their money."], DESCRIPTION)}
</section>
<section class="card" aria-labelledby="price-title"><h2 id="price-title">The price</h2>
${price(data)}
${access()}
<dl class="facts" aria-live="polite"><dt>Fee</dt><dd id="fee">–</dd><dt>You get</dt><dd id="net">–</dd></dl>
</section>
<section class="card" aria-labelledby="merchant-title"><h2 id="merchant-title">Who is paid</h2>
${field(["p_merchant_wallet", "Your wallet's address", `On ${data.chain.name}. Only this wallet can change the API later.`], MERCHANT)}
${tick("p_is_listed", "List it publicly", "Agents find it in this shop's discovery. You sign in with your wallet for it.")}
</section>
${more()}
${statusBox()}
<button class="wide" id="create">Create</button>
</form>
<section id="created" hidden tabindex="-1" aria-labelledby="created-title"></section>
</div>`;

type Words = readonly [name: string, label: string, hint?: string];

/** A label, its control, a hint, and the place where the script says what is wrong. The name is the API's own. */
const field = ([name, label, hint]: Words, control: Html): Html => html`<div class="field">
<label for="${name}">${label}</label>
${control}
${hint ? html`<p class="hint" id="${name}-hint">${hint}</p>` : ""}
${wrong(name)}
</div>`;

const wrong = (name: string): Html => html`<p class="wrong" id="${name}-wrong" hidden></p>`;

const tick = (name: string, label: string, hint: string): Html =>
  html`<div class="field"><label class="tick"><input type="checkbox" id="${name}"><span>${label}<small>${hint}</small></span></label>${wrong(name)}</div>`;

const ADDRESS = html`<input id="p_api_url" aria-describedby="p_api_url-hint" type="url" inputmode="url" maxlength="${MASKED_API.urlChars}" required placeholder="https://api.example.com/data" autocomplete="off" spellcheck="false">`;
const DESCRIPTION = html`<textarea id="p_description" aria-describedby="p_description-hint" rows="2" maxlength="${MASKED_API.descriptionChars}"></textarea>`;
const MERCHANT = html`<div class="pair"><input id="p_merchant_wallet" aria-describedby="p_merchant_wallet-hint" class="mono" required placeholder="0x…" maxlength="42" autocomplete="off" spellcheck="false">
<button type="button" id="use-wallet" class="quiet">Use my wallet</button></div>`;

const price = ({ tokens }: GateData): Html => html`<div class="pair even">
${field(["p_amount_wei", "Amount"], html`<input id="p_amount_wei" required inputmode="decimal" placeholder="0.1" autocomplete="off">`)}
<div class="field"><label for="token">Paid in</label><select id="token">${tokens.map(
  ({ symbol, address }) => html`<option value="${address}">${symbol}</option>`,
)}<option value="">Another token…</option></select></div>
</div>
<div id="other-token" hidden>
${field(["p_token_address", "The token's address", TOKEN_HINT], TOKEN)}
<p id="token-facts" class="quietly" role="status"></p>
</div>`;

const TOKEN_HINT = "An ERC-20 that delivers exactly what is sent. It is asked for its symbol and decimals.";
const TOKEN = html`<div class="pair"><input id="p_token_address" aria-describedby="p_token_address-hint" class="mono" placeholder="0x…" maxlength="42" autocomplete="off" spellcheck="false">
<button type="button" id="look-up" class="quiet">Look it up</button></div>`;

const PRESETS = [
  [60, "1 minute"],
  [300, "5 minutes"],
  [3_600, "1 hour"],
  [86_400, "1 day"],
  [7 * 86_400, "7 days"],
  [30 * 86_400, "30 days"],
] as const;

const access = (): Html => html`<div class="field"><label for="lasts">One payment opens it for</label>
<select id="lasts">${PRESETS.map(
  ([seconds, label]) => html`<option value="${seconds}"${seconds === 300 ? html` selected` : ""}>${label}</option>`,
)}<option value="">Another time…</option></select></div>
<div id="other-time" hidden>${field(["p_valid_for_sec", "Seconds"], html`<input id="p_valid_for_sec" inputmode="numeric" value="300" autocomplete="off">`)}</div>`;

const more = (): Html => html`<details class="card" id="more"><summary>Methods and secret headers</summary>
<fieldset class="field" id="p_allowed_methods" aria-describedby="methods-hint"><legend>Methods that callers may use</legend>
<div class="ticks">${METHODS.map(
  (method) =>
    html`<label class="tick"><input type="checkbox" name="method" value="${method}" checked><span>${method}</span></label>`,
)}</div>
<p class="hint" id="methods-hint">Callers also reach what lies below the address: its paths, its query.</p>${wrong("p_allowed_methods")}</fieldset>
<fieldset class="field" id="p_upstream_headers" aria-describedby="headers-hint"><legend>Headers that we send to your API</legend>
<div id="headers"></div>
<button type="button" id="add-header" class="quiet small">Add a header</button>
<p class="hint" id="headers-hint">Such as the API key that opens it. Kept encrypted, never shown again, to you neither.</p>${wrong("p_upstream_headers")}</fieldset>
</details>`;
