import { byId } from "../dom.ts";
import type { InvalidField } from "../invalid-field.ts";

export const written = (id: string): string => byId<HTMLInputElement>(id).value.trim();

export const isTicked = (id: string): boolean => byId<HTMLInputElement>(id).checked;

/** Says at the field what is wrong with it and goes there; false for a field that is not shown. */
export function tellWrong({ field, message }: InvalidField): boolean {
  const words = document.getElementById(wordsIdOf(field));
  if (!words) return false;
  const details = words.closest("details");
  if (details) details.open = true;
  if (words.closest("[hidden]:not(.wrong)")) return false;
  words.textContent = sentence(message);
  words.hidden = false;
  const control = controlOf(field);
  control.setAttribute("aria-invalid", "true");
  describe(control, words.id);
  control.focus();
  return true;
}

/** Nothing is wrong any more with what is within `place`: the form, or a control that somebody writes into. */
export function clearWrong(place: Element): void {
  for (const control of [place, ...place.querySelectorAll("[aria-invalid]")]) {
    if (!control.hasAttribute("aria-invalid")) continue;
    control.removeAttribute("aria-invalid");
    const id = (control.getAttribute("aria-describedby") ?? "").split(" ").find((each) => each.endsWith(WORDS));
    if (!id) continue;
    byId(id).hidden = true;
    describe(control, undefined);
  }
}

const WORDS = "-wrong";
const wordsIdOf = (field: string): string => `${field}${WORDS}`;

/** Besides its hint, for those who hear the page. */
function describe(control: Element, wordsId: string | undefined): void {
  const hints = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && !id.endsWith(WORDS));
  const ids = [...hints, ...(wordsId ? [wordsId] : [])];
  if (ids.length > 0) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}

/** Of several controls in one frame the first. */
function controlOf(field: string): HTMLElement {
  const control = byId(field);
  return control.matches("fieldset") ? (control.querySelector<HTMLElement>("input, button") ?? control) : control;
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1).replace(/([^.])$/, "$1.");
