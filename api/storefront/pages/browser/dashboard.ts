import { Refusal } from "./api.ts";
import { type Account, accountOf } from "./dashboard/account.ts";
import { apisPanel } from "./dashboard/apis.ts";
import { balancePanel } from "./dashboard/balance.ts";
import type { DashboardData } from "./dashboard/data.ts";
import { keysPanel } from "./dashboard/keys.ts";
import { linesPanel } from "./dashboard/lines.ts";
import { emptied } from "./dashboard/loaded.ts";
import type { Desk, Panel } from "./dashboard/panel.ts";
import { offerToResume } from "./dashboard/resume.ts";
import { busy, byId, hide, pageData, show } from "./dom.ts";
import { currentSignIn, onSignOutElsewhere, type SignIn, signedIn, signOut } from "./sign-in.ts";
import { clear, fail, tell } from "./status.ts";
import { connectWallet } from "./wallet.ts";

const PANELS: Record<string, (desk: Desk) => Panel> = {
  lines: linesPanel,
  balance: balancePanel,
  keys: keysPanel,
  apis: apisPanel,
};
const FIRST = "lines";

const data = pageData<DashboardData>();
const tokens = new Map(data.tokens.map((token) => [token.address.toLowerCase(), token]));
let desk: Desk | undefined;
let panels: Record<string, Panel> = {};

for (const [id, anew] of [
  ["connect", false],
  ["connect-other", true],
] as const)
  byId(id).addEventListener("click", ({ currentTarget }) => void signIn(currentTarget as HTMLButtonElement, anew));
byId("sign-out").addEventListener("click", ({ currentTarget }) => void leave(currentTarget as HTMLButtonElement));
for (const name of Object.keys(PANELS))
  byId(`panel-${name}`)
    .querySelector("[data-refresh]")
    ?.addEventListener("click", () => void panels[name]?.open());
window.addEventListener("hashchange", () => {
  // Other places on the page, such as the one that the skip link leads to, leave the part that is open as it is.
  if (location.hash === "" || Object.hasOwn(PANELS, location.hash.slice(1))) lookAt();
});
// Whoever does the next thing has read about the last one.
document.addEventListener("click", clear, { capture: true });

onSignOutElsewhere((address) => {
  if (desk?.account.address === address) void leave(byId<HTMLButtonElement>("sign-out"));
});

const current = currentSignIn();
if (current) enter(current);

async function signIn(button: HTMLButtonElement, anew: boolean): Promise<void> {
  await busy(button, async () => {
    try {
      tell("Open your wallet to share your account and sign the message.");
      enter(await signedIn(await connectWallet({ anew })));
      clear();
    } catch (error) {
      fail(error);
    }
  });
}

function enter(signIn: SignIn): void {
  const account: Account = accountOf(signIn, (ended) => {
    close();
    fail(ended);
  });
  const own: Desk = { account, data, tokens, offerToResume: () => offerToResume(own, lookAt) };
  desk = own;
  panels = Object.fromEntries(Object.entries(PANELS).map(([name, make]) => [name, make(own)]));
  byId("who").textContent = account.address;
  hide(byId("sign-in"));
  show(byId("signed-in"));
  lookAt();
}

/** Shows the part that the address names. */
function lookAt(): void {
  const named = location.hash.slice(1);
  const here = Object.hasOwn(PANELS, named) ? named : FIRST;
  for (const name of Object.keys(PANELS)) {
    show(byId(`panel-${name}`), name === here);
    const link = document.querySelector(`.tabs a[href="#${name}"]`);
    if (name === here) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }
  if (!desk) return;
  clear();
  desk.offerToResume();
  void panels[here]?.open();
}

async function leave(button: HTMLButtonElement): Promise<void> {
  await busy(button, async () => {
    try {
      await signOut();
    } catch (error) {
      // It had ended before.
      if (!(error instanceof Refusal) || error.status !== 401) return fail(error);
    } finally {
      close();
    }
    tell("You are signed out.");
  });
}

/** What was shown is somebody's: nothing of it stays. */
function close(): void {
  desk = undefined;
  panels = {};
  for (const name of Object.keys(PANELS)) emptied(byId(`${name}-list`));
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  hide(byId("signed-in"));
  show(byId("sign-in"));
  byId("connect").focus();
}
