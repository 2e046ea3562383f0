import { el } from "../dom.ts";

type Common = { readonly name: string; readonly label: string; readonly hint?: string };

/** What a dialog asks for. `name` is the API's name of it, so that its refusals can be shown at the field. */
export type Field = Common &
  (
    | { readonly kind: "text"; readonly value?: string; readonly maxLength?: number }
    | { readonly kind: "number"; readonly value?: string; readonly unit: string | Units }
    | { readonly kind: "long"; readonly value?: string; readonly maxLength?: number }
    | { readonly kind: "check"; readonly value?: boolean }
  );

/** To choose from. */
type Units = {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [string, string])[];
};

export function fieldRow(field: Field): HTMLElement {
  const id = `field-${field.name}`;
  const hintId = `${id}-hint`;
  const input = inputOf(field);
  input.id = id;
  if (field.hint) input.setAttribute("aria-describedby", hintId);
  const hint = field.hint ? [el("p", { id: hintId, class: "hint" }, field.hint)] : [];
  if (field.kind === "check")
    return el("div", { class: "field" }, el("label", { class: "tick" }, input, field.label), ...hint);
  const unit = field.kind === "number" ? [unitOf(field.unit)] : [];
  return el(
    "div",
    { class: "field" },
    el("label", { for: id }, field.label),
    unit.length > 0 ? el("div", { class: "with-unit" }, input, ...unit) : input,
    ...hint,
  );
}

function unitOf(unit: string | Units): HTMLElement {
  if (typeof unit === "string") return el("span", { class: "unit" }, unit);
  const { name, value, options } = unit;
  const select = el(
    "select",
    { name, class: "unit", "aria-label": "Unit" },
    ...options.map(([is, text]) => el("option", { value: is }, text)),
  );
  select.value = value;
  return select;
}

function inputOf(field: Field): HTMLInputElement | HTMLTextAreaElement {
  const { name } = field;
  switch (field.kind) {
    case "check":
      return el("input", { type: "checkbox", name, checked: field.value });
    case "long": {
      const area = el("textarea", { name, rows: 3, maxlength: field.maxLength });
      area.value = field.value ?? "";
      return area;
    }
    case "number":
      return el("input", { name, value: field.value, inputmode: "decimal", autocomplete: "off" });
    case "text":
      return el("input", { name, value: field.value, maxlength: field.maxLength, autocomplete: "off" });
  }
}
