import { pageData } from "./dom.ts";
import { openCheckout } from "./pay/checkout.ts";
import type { PayData } from "./pay/data.ts";
import { fail } from "./status.ts";

if (canKeep()) openCheckout(pageData<PayData>()).catch(fail);
else
  fail(
    "This browser keeps nothing for this page, so that what you pay for would be lost with the tab. Allow it site data, and load it again.",
  );

function canKeep(): boolean {
  try {
    localStorage.setItem("turnpike.kept", "yes");
    return true;
  } catch {
    return false;
  }
}
