import { byId, el } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";

/** Rows of headers that are sent to the hidden API. */
export type Headers = {
  /** Undefined when there are none. @throws InvalidField */
  values(): Record<string, string> | undefined;
};

export function headerRows(most: number): Headers {
  const list = byId("headers");
  const add = byId<HTMLButtonElement>("add-header");
  let made = 0;
  const limit = () => {
    add.hidden = list.childElementCount >= most;
  };
  add.addEventListener("click", () => {
    const row = headerRow(++made, () => {
      row.remove();
      limit();
      add.focus();
    });
    list.append(row);
    limit();
    row.querySelector("input")?.focus();
  });
  return { values: () => valuesOf([...list.children]) };
}

function headerRow(number: number, remove: () => void): HTMLElement {
  const input = (of: string, placeholder: string) => {
    const id = `header-${number}-${of}`;
    const control = el("input", { id, class: "mono", placeholder, autocomplete: "off", spellcheck: "false" });
    return el("div", { class: "field" }, el("label", { for: id }, `Header ${number} ${of}`), control);
  };
  const button = el("button", { type: "button", class: "quiet small", onclick: remove }, `Remove header ${number}`);
  return el("div", { class: "header" }, input("name", "Authorization"), input("value", "Bearer …"), button);
}

function valuesOf(rows: readonly Element[]): Record<string, string> | undefined {
  const entries = rows
    .map((row) => [...row.querySelectorAll("input")].map(({ value }) => value.trim()))
    .filter(([name, value]) => name || value);
  if (entries.length === 0) return undefined;
  const names = entries.map(([name = ""]) => name.toLowerCase());
  if (names.includes("")) throw new InvalidField("p_upstream_headers", "every header needs a name");
  if (new Set(names).size < names.length) throw new InvalidField("p_upstream_headers", "a header is there twice");
  return Object.fromEntries(entries);
}
