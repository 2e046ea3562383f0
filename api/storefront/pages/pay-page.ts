import { type Context, Hono } from "hono";
import { html, raw } from "hono/html";
import { formatUnits } from "viem";
import { API_ID, type MaskedApi } from "../../products/masked-api/masked-api.ts";
import type { MaskedApiRoom } from "../../products/masked-api/room.ts";
import { durationOf } from "./browser/duration.ts";
import { type Html, page, statusBox } from "./page.ts";
import { createPayData, type PayDataDeps, type Shown } from "./pay-data.ts";

/** `/<apiId>`: where a person pays for a masked API and sees its answer. */
export function payPage(deps: PayDataDeps, { catalog }: Pick<MaskedApiRoom, "catalog">): Hono {
  const routes = new Hono();
  const dataOf = createPayData(deps);
  routes.get("/:apiId", async (c, next) => {
    const apiId = c.req.param("apiId").toLowerCase();
    if (!API_ID.test(apiId)) return next();
    const api = await catalog.find(apiId);
    const shown = await dataOf(apiId, api);
    if (!api || api.isClosed) return gone(c, shown);
    return offered(c, { api, shown });
  });
  return routes;
}

type Offered = { api: MaskedApi; shown: Shown };

function offered(c: Context, { api, shown }: Offered) {
  const { data } = shown;
  const [terms] = api.terms;
  const price = priceOf({ api, shown });
  const head = {
    title: data.name,
    description: terms.description ?? `Pay ${price} for ${durationOf(terms.validForSec)} of this API.`,
    script: "pay",
    data,
    // Links to it are its merchant's to give.
    noIndex: !api.isListed,
  } as const;
  return page(
    c,
    head,
    html`<div class="narrow">
<p class="eyebrow">Pay, then call</p>
<h1>${data.name}</h1>
${terms.description ? html`<p class="lead said">${terms.description}</p>` : ""}
${data.state === "paused" ? PAUSED : ""}
${offerCard({ api, shown }, price)}
${statusBox()}
${PROGRESS}
${ANSWER}
${SESSIONS}
${forPrograms(data.url, data.methods)}
</div>`,
  );
}

function priceOf({ api, shown: { data } }: Offered): string {
  const { amountWei } = api.terms[0];
  return `${data.token.decimals === null ? amountWei : formatUnits(amountWei, data.token.decimals)} ${data.token.symbol}`;
}

const PAUSED = html`<div class="note" id="paused">The merchant has paused this API: it is not for sale right now. Who has paid goes on using it here.</div>`;

/** Beginning with what the terms say; the script puts the quote's in its place, which is what will be paid. */
function offerCard({ api, shown: { data, facts } }: Offered, price: string): Html {
  const [terms] = api.terms;
  const { token, chain, state, contract } = data;
  return html`<section class="card" id="offer" aria-labelledby="offer-title"${state === "paused" ? raw(" hidden") : ""}>
<h2 id="offer-title" class="quietly">The price</h2>
<p class="price" id="price">${price}</p>
<p>for <span id="buys">${durationOf(terms.validForSec)}</span> of calls, from the moment you pay</p>
<dl class="facts">
<dt>Paid to</dt><dd><code id="merchant">${terms.merchant}</code></dd>
${token.isNative ? "" : html`<dt>Token</dt><dd>${facts?.isKnown ? `${token.symbol}, ` : ""}<code>${token.address}</code></dd>`}
<dt>Fee</dt><dd id="fee">included</dd>
<dt>Network</dt><dd>${chain.name}</dd>
<dt>Contract</dt><dd><code id="contract">${contract}</code></dd>
<dt>Price holds</dt><dd><span id="holds" role="timer">…</span></dd>
</dl>
${facts?.isKnown ? "" : UNKNOWN_TOKEN}
<fieldset id="ways" hidden><legend>How to pay</legend>
<label class="tick"><input type="radio" name="way" value="permit" checked><span>Sign and pay<small>One signature without a network fee, then one payment.</small></span></label>
<label class="tick"><input type="radio" name="way" value="approve"><span>Approve, then pay<small>Two transactions. For wallets that cannot sign permits.</small></span></label>
</fieldset>
<p class="wallet-line" id="wallet-line" hidden></p>
<button type="button" id="pay" class="wide" disabled>Connect wallet</button>
<noscript><p class="note">Paying by hand needs JavaScript. Programs do without: see below.</p></noscript>
<p class="quietly promise">The contract takes exactly this, once, until the price runs out; anything else it refuses. If your tab or your connection is lost after that, open this page again: what you paid for is still yours. The name and the description above are the merchant's own.</p>
</section>`;
}

const UNKNOWN_TOKEN = html`<p class="note">This token is not one that we know. What it is called is its own word: compare its address before you pay with it.</p>`;

const PROGRESS = html`<section class="card" id="progress" aria-labelledby="progress-title" hidden>
<h2 id="progress-title" tabindex="-1">Your payment</h2>
<ol class="steps" id="steps"></ol>
<div id="progress-more"></div>
</section>`;

const ANSWER = html`<section class="card" id="answer" aria-labelledby="answer-title" hidden>
<div class="row apart"><h2 id="answer-title" tabindex="-1">Unlocked</h2><span class="badge good" id="left" role="timer"></span></div>
<p class="quietly" id="answer-facts"></p>
<div id="answer-body"></div>
<div class="row" id="answer-tools"></div>
<div id="answer-more"></div>
</section>`;

const SESSIONS = html`<section class="card" id="sessions" aria-labelledby="sessions-title" hidden>
<h2 id="sessions-title">Paid from this browser</h2>
<ul class="sessions" id="session-list" role="list"></ul>
</section>`;

const forPrograms = (url: string, methods: readonly string[]): Html => html`<details class="card" id="for-programs">
<summary>For programs and agents</summary>
<p>Ask without paying, and the answer is 402 with the price and ready-made calls:</p>
<pre><code>curl -i ${methods.includes("GET") ? "" : `-X ${methods[0]} `}${url}</code></pre>
<p>How it goes on: <a href="/llms.txt">/llms.txt</a>. Allowed methods: ${methods.join(", ")}.</p>
</details>`;

/** The same for what never was and what is gone: who has paid may go on, and nobody else is told anything. */
function gone(c: Context, { data }: Shown) {
  const head = {
    title: "Nothing for sale",
    description: "There is nothing for sale at this address.",
    status: 404,
  } as const;
  return page(
    c,
    { ...head, script: "pay", data, noIndex: true },
    html`<div class="narrow">
<h1>Nothing for sale here</h1>
<p class="lead" id="gone">There is no API at this address, or its merchant has taken it off sale. Check the link that you were given.</p>
<p>If you have paid for it in this browser and your time is not over, it goes on here.</p>
${statusBox()}
${PROGRESS}
${ANSWER}
${SESSIONS}
</div>`,
  );
}
