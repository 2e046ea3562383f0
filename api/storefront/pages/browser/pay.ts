import { pageData } from "./dom.ts";
import { openCheckout } from "./pay/checkout.ts";
import type { PayData } from "./pay/data.ts";
import { fail } from "./status.ts";

openCheckout(pageData<PayData>()).catch(fail);
