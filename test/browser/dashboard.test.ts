import { readFile } from "node:fs/promises";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Agent, createAgent } from "../../dev/agent.ts";
import { deployToken } from "./deploy-token.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import { answer, askedWith, errorOf, keptSecret, signedIn } from "./signed-in.ts";

type Call = Parameters<Agent["send"]>[0];

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

/** What a program without a name is told. */
async function asked(path: string) {
  const response = await fetch(shop.dev.api + path);
  return { status: response.status, text: await response.text() };
}

describe("/dashboard", () => {
  it("shows nothing before a wallet has signed in, and says what a sign-in is", async () => {
    const { page, open, sees, press, wallet, look } = await shop.visit({ as: "stranger" });
    await open("/dashboard");
    await sees("Sign in with your wallet");
    await look("dashboard-sign-in");
    wallet.declineNext("personal_sign");
    await press("Sign in");
    await sees("You declined in your wallet.");
    await press("Sign in");
    await sees(wallet.address);
    await sees("No lines");
    await look("dashboard-empty");
    expect(await page.getByText("Sign in with your wallet").isVisible()).toBe(false);
  });

  it("leads to each part by its own address, and stays there over a reload", async () => {
    const { page, sees, press, open } = await signedIn(shop, "keys", { as: "stranger" });
    await sees("No keys yet");
    await page.reload();
    await sees("No keys yet");
    for (const [name, words] of [
      ["Balance", "No transactions yet"],
      ["APIs", "Nothing on sale yet"],
      ["Lines", "No messages yet"],
    ] as const) {
      await press(name);
      await sees(words);
      expect(await page.locator(".tabs [aria-current=page]").allInnerTexts()).toEqual([name]);
    }
    await open("/dashboard#apis");
    await sees("Nothing on sale yet");
  });

  it("leaves the part that is open when somebody skips to the content", async () => {
    const { page, sees } = await signedIn(shop, "keys", { as: "stranger" });
    await sees("No keys yet");
    const skip = "addEventListener('hashchange', resolve, { once: true }); document.querySelector('.skip').click()";
    await page.evaluate(`new Promise((resolve) => { ${skip} })`);
    expect(new URL(page.url()).hash).toBe("#main");
    expect(await page.getByText("No keys yet").isVisible()).toBe(true);
  });

  it("signs out, and the server forgets the sign-in with it", async () => {
    const { page, press, sees } = await signedIn(shop, "keys", { as: "stranger" });
    const { token } = JSON.parse((await page.evaluate("sessionStorage.getItem('turnpike.sign-in')")) as string);
    await press("Sign out");
    await sees("You are signed out.");
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${shop.dev.api}/api/v1/keys`, { headers })).status).toBe(401);
    expect(await page.locator("#keys-list").innerText()).toBe("");
  });

  it("signs out in all tabs at once", async () => {
    const visitor = await signedIn(shop, "keys", { as: "stranger" });
    const other = await visitor.newTab();
    await other.open("/dashboard#keys");
    await other.press("Sign in");
    await other.sees("No keys yet");
    const { token } = JSON.parse((await other.page.evaluate("sessionStorage.getItem('turnpike.sign-in')")) as string);
    await visitor.press("Sign out");
    await other.sees("You are signed out.");
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${shop.dev.api}/api/v1/keys`, { headers })).status).toBe(401);
  });

  it("shows nobody what was asked for by who has signed out meanwhile", async () => {
    const { page, press, sees } = await signedIn(shop, "keys", { as: "stranger" });
    await sees("No keys yet");
    const [asked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route("**/api/v1/keys?*", async (route) => {
      const response = await route.fetch();
      asked.resolve();
      await released.promise;
      await route.fulfill({ response });
    });
    await press("Refresh");
    await asked.promise;
    await press("Sign out");
    await sees("You are signed out.");
    const arrived = page.waitForResponse("**/api/v1/keys?*").then((response) => response.finished());
    released.resolve();
    await arrived;
    // What the page does with it is done by then.
    await page.evaluate("new Promise((done) => setTimeout(done))");
    expect(await page.locator("#keys-list").innerText()).toBe("");
  });

  it("leads back to the sign-in when that has ended, and goes on where one was", async () => {
    const { page, press, sees } = await signedIn(shop, "keys", { as: "stranger", refusals: [401] });
    await sees("No keys yet");
    const { token } = JSON.parse((await page.evaluate("sessionStorage.getItem('turnpike.sign-in')")) as string);
    await fetch(`${shop.dev.api}/api/v1/auth/siwe`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${token}` },
    });
    await press("Refresh");
    await sees("Your sign-in has ended. Sign in again to go on.");
    await press("Sign in");
    await sees("No keys yet");
  });
});

describe("/dashboard#keys", () => {
  it("makes a key with a cap, alters, rotates and revokes it", async () => {
    const visitor = await signedIn(shop, "keys", { as: "merchant" });
    const { press, fill, sees, look, page } = visitor;
    await press("New key");
    await fill("Name", "Agent <of mine>");
    for (const cap of ["a lot", "Infinity", "0x10", "0"]) {
      await fill("Cap", cap);
      await answer(visitor, "Make the key");
      expect(await errorOf(visitor)).toBe("Write the cap in dollars, such as 5, or leave it empty.");
    }
    await fill("Cap", "3.5");
    await answer(visitor, "Make the key");
    const first = await keptSecret(visitor);
    expect((await askedWith(shop, first)).status).toBe(200);
    await sees("$0.00 of $3.50");
    expect(await page.content()).not.toContain(first);
    await look("dashboard-keys");

    await press("Edit Agent <of mine>");
    await fill("Name", "Agent");
    await fill("Cap", "");
    await answer(visitor, "Save");
    await sees("$0.00, no cap");

    await press("Rotate Agent");
    await answer(visitor, "Rotate");
    const second = await keptSecret(visitor);
    expect((await askedWith(shop, first)).status).toBe(401);
    expect((await askedWith(shop, second)).status).toBe(200);

    await press("Revoke Agent");
    await look("dashboard-revoke");
    await answer(visitor, "Cancel");
    expect((await askedWith(shop, second)).status).toBe(200);
    await press("Revoke Agent");
    await answer(visitor, "Revoke");
    await sees("Agent is revoked.");
    expect((await askedWith(shop, second)).status).toBe(401);
  });

  it("says what is wrong with a key that may manage and has a cap, in its own words", async () => {
    const visitor = await signedIn(shop, "keys", { as: "merchant" });
    await visitor.press("New key");
    await visitor.fill("Cap", "5");
    await visitor.page.getByLabel("May manage").check();
    await answer(visitor, "Make the key");
    expect(await errorOf(visitor)).toBe("A key that may manage has no cap.");
    expect(await visitor.page.evaluate("document.activeElement.name")).toBe("cap_usd");
  });
});

describe("/dashboard#apis", () => {
  it("shows an API's sales, and its merchant alters it, pauses it, lists it and takes it off sale", async () => {
    const apiId = await shop.sell({ p_name: "Quotes & more" });
    const { rpc } = shop.dev.chains["43114"] as { rpc: string };
    const agent = createAgent(privateKeyToAccount(shop.dev.keys?.payer as `0x${string}`), rpc);
    const quote = await agent.ask(`${shop.dev.api}/api/${apiId}`);
    await agent.send(quote.calls.native as Call);
    await agent.poll(`${shop.dev.api}/api/${apiId}`, quote.session_id, () => {});

    const visitor = await signedIn(shop, "apis", { as: "merchant" });
    const { page, press, fill, sees, look } = visitor;
    const card = page.locator("article").filter({ hasText: "Quotes & more" });
    await card.getByText("0.01 AVAX for 5 minutes").waitFor();
    await card.getByText("Calls, payers and earnings").click();
    await card.getByText("0.01 AVAX in 1 payment of 1 payer").waitFor();
    await card.getByRole("img", { name: "Earned in AVAX: 0.01 AVAX in 30 days, on 1 of them" }).waitFor();
    await look("dashboard-apis");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      card.getByRole("button", { name: "Sales as CSV" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe(`sales-${apiId}.csv`);
    expect((await readFile(await file.path(), "utf8")).split("\r\n")[1]).toContain(",10000000000000000,");

    await press("Edit: Quotes & more");
    await look("dashboard-edit-api");
    await fill("Price", "0.0250");
    await page.getByLabel("Unit").selectOption("hours");
    await answer(visitor, "Save");
    await sees("0.025 AVAX for 5 hours");
    expect((await asked(`/api/${apiId}`)).text).toContain('"amount_wei":"25000000000000000"');

    await press("Pause: Quotes & more");
    await sees("Paused: nobody can pay any more");
    expect((await asked(`/api/${apiId}`)).status).toBe(403);
    await press("Resume: Quotes & more");
    await sees("On sale again.");
    await press("List publicly: Quotes & more");
    await sees("Listed: agents find it by discovery.");
    expect((await asked("/discovery/resources")).text).toContain(apiId);
    await press("Unlist: Quotes & more");
    await sees("Not listed any more");
    expect((await asked("/discovery/resources")).text).not.toContain(apiId);

    await press("Delete: Quotes & more");
    await answer(visitor, "Delete");
    await sees("Quotes & more is deleted.");
    expect((await asked(`/api/${apiId}`)).status).toBe(404);
  });

  it("tells prices in a token that nobody here knew as people write them", async () => {
    const token = await deployToken(shop.dev, "Local Gold", "GOLD");
    const apiId = await shop.sell({
      p_name: "Paid in gold",
      p_token_address: token,
      p_amount_wei: "2500000000000000000",
    });
    const visitor = await signedIn(shop, "apis", { as: "merchant" });
    await visitor.sees("2.5 GOLD for 5 minutes");
    await visitor.press("Edit: Paid in gold");
    await visitor.fill("Price", "0.75");
    await answer(visitor, "Save");
    await visitor.sees("0.75 GOLD for 5 minutes");
    expect((await asked(`/api/${apiId}`)).text).toContain('"amount_wei":"750000000000000000"');
  });
});
