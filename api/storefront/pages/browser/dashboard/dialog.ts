import { busy, el } from "../dom.ts";
import { fieldOf } from "../invalid-field.ts";
import { fail, wordsOf } from "../status.ts";
import { type Field, fieldRow } from "./field.ts";

type Asked<T> = {
  readonly title: string;
  readonly intro?: readonly (Node | string)[];
  readonly fields?: readonly Field[];
  /** What the button says. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** Done before the dialog closes; what it throws is told in it, and it stays open. `signal`: it was closed meanwhile. */
  work(values: FormData, signal: AbortSignal): Promise<T>;
};

let dialogs = 0;

/**
 * Asks for values, or only whether something shall be done, and does it; undefined when that was called off. What is
 * under way when the dialog is closed is waited for: its outcome may be told only once.
 */
export function asked<T>({
  title,
  intro = [],
  fields = [],
  action,
  isDangerous,
  work,
}: Asked<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const closing = new AbortController();
    let outcome: T | undefined;
    let isRunning = false;
    const run = async () => {
      isRunning = true;
      const tried = await attempt(() => work(new FormData(form), closing.signal));
      isRunning = false;
      if ("thrown" in tried) return refused(tried.thrown);
      outcome = tried.outcome;
      if (dialog.open) dialog.close();
      else resolve(outcome);
    };
    const refused = (thrown: unknown) => {
      if (dialog.open) return complain(thrown, { form, fields });
      if (thrown !== closing.signal.reason) fail(thrown);
      resolve(undefined);
    };
    const button = el("button", { type: "submit", class: isDangerous ? "danger" : undefined }, action);
    const cancel = el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel");
    const form = el(
      "form",
      { novalidate: true },
      ...fields.map(fieldRow),
      errorBox(),
      el("div", { class: "row" }, button, cancel),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      complain(undefined, { form, fields });
      void busy(button, run);
    });
    const dialog = opened(`dialog-${++dialogs}`, title, ...intro.map(paragraph), form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      closing.abort();
      if (!isRunning) resolve(outcome);
    });
  });
}

type Tried<T> = { outcome: T } | { thrown: unknown };

async function attempt<T>(work: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { outcome: await work() };
  } catch (thrown) {
    return { thrown };
  }
}

const errorBox = (): Node => el("p", { class: "error", role: "alert", hidden: true });

/** A dialog over the page; whoever opens it hears of its end by `close`. */
export function opened(titleId: string, title: string, ...content: Node[]): HTMLDialogElement {
  const dialog = el("dialog", { "aria-labelledby": titleId }, el("h2", { id: titleId }, title), ...content);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

const paragraph = (content: Node | string): Node => (typeof content === "string" ? el("p", {}, content) : content);

type Filled = { readonly form: HTMLFormElement; readonly fields: readonly Field[] };

/** Tells what is wrong, if anything is. A refusal that names a field is put into the field's own words, and the field is shown. */
function complain(thrown: unknown, { form, fields }: Filled): void {
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  const box = form.querySelector<HTMLElement>(".error");
  const name = fieldOf(thrown);
  const field = fields.find((each) => each.name === name);
  const words = thrown === undefined ? "" : wordsOf(thrown);
  if (box) {
    box.textContent = field ? words.replace(`${field.name}: `, `${field.label} `) : words;
    box.hidden = words === "";
  }
  const input = field && form.elements.namedItem(field.name);
  if (!(input instanceof HTMLElement)) return;
  input.setAttribute("aria-invalid", "true");
  input.focus();
}
