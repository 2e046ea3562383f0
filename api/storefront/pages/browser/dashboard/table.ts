import { el } from "../dom.ts";

type Column = { readonly head: string; readonly isNumber?: boolean };

/** A table that scrolls by itself where it is wider than the page. */
export function table(label: string, columns: readonly Column[], rows: readonly (readonly (Node | string)[])[]): Node {
  const look = ({ isNumber }: Column = { head: "" }) => (isNumber ? "number" : undefined);
  const heads = columns.map((column) => el("th", { scope: "col", class: look(column) }, column.head));
  const cells = (row: readonly (Node | string)[]) =>
    row.map((cell, at) => el("td", { class: look(columns[at]) }, cell));
  return el(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": label },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...heads)),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...cells(row)))),
    ),
  );
}
