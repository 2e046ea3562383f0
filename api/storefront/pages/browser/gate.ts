import { call, Refusal } from "./api.ts";
import { busy, byId, pageData } from "./dom.ts";
import { createdBefore, showCreated } from "./gate/created.ts";
import type { GateData } from "./gate/data.ts";
import { clearWrong, tellWrong } from "./gate/fields.ts";
import { headerRows } from "./gate/headers.ts";
import { merchantToken, offerOwnWallet } from "./gate/merchant.ts";
import { showNet } from "./gate/price.ts";
import { type FormParts, offerOtherTime, readTerms } from "./gate/terms.ts";
import { tokenPicker } from "./gate/token-picker.ts";
import { fieldOf, InvalidField } from "./invalid-field.ts";
import { forgetSignIn } from "./sign-in.ts";
import { clear, fail, tell } from "./status.ts";

const data = pageData<GateData>();
const form = byId<HTMLFormElement>("gate");
const before = createdBefore();

if (before) showCreated(before, data.publicUrl);
else start();

function start(): void {
  const picker = tokenPicker(data, () => update());
  const update = () => showNet(picker.current(), data.feeBps);
  const parts: FormParts = { data, picker, headers: headerRows(data.headersMost) };
  byId("p_amount_wei").addEventListener("input", update);
  update();
  offerOtherTime();
  offerOwnWallet();
  form.addEventListener("input", ({ target }) => clearWrong(target as Element));
  const button = byId<HTMLButtonElement>("create");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void busy(button, () => create(parts).catch(complain));
  });
}

async function create(parts: FormParts): Promise<void> {
  clearWrong(form);
  clear();
  const terms = await readTerms(parts);
  const bearer = terms.p_is_listed ? await merchantToken(terms.p_merchant_wallet) : undefined;
  tell("Putting it on sale…");
  const { apiId } = await call<{ apiId: string }>("POST", "/api/402/apis", { body: terms, ...(bearer && { bearer }) });
  showCreated(apiId, data.publicUrl);
}

/** At its field, where a field is what is wrong. */
function complain(error: unknown): void {
  const wrong = invalidFieldOf(error);
  clear();
  if (wrong && tellWrong(wrong)) return;
  const status = error instanceof Refusal ? error.status : undefined;
  // Whoever may not list it as he has signed in has to be able to sign in another way.
  if (status === 401 || status === 403) forgetSignIn();
  fail(status === 401 ? new Error("Your sign-in has ended. Press Create again to sign once more.") : error);
}

/** The API begins its sentence with the field, which the page says by the place. */
function invalidFieldOf(error: unknown): InvalidField | undefined {
  if (error instanceof InvalidField) return error;
  const field = fieldOf(error);
  return field === undefined ? undefined : new InvalidField(field, (error as Error).message.replace(`${field}: `, ""));
}
