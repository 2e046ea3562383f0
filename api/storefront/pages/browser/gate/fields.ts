import { byId } from "../dom.ts";

/** What somebody wrote is none of what is asked for. The field is the API's own name, as its refusals tell it. */
export class WrongField extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = "WrongField";
    this.field = field;
  }
}

export const written = (id: string): string => byId<HTMLInputElement>(id).value.trim();

export const isTicked = (id: string): boolean => byId<HTMLInputElement>(id).checked;

/** Says at the field what is wrong with it and goes there; false for a field that is not shown. */
export function tellWrong({ field, message }: WrongField): boolean {
  const words = document.getElementById(`${field}-wrong`);
  if (!words) return false;
  const details = words.closest("details");
  if (details) details.open = true;
  if (words.closest("[hidden]:not(.wrong)")) return false;
  words.textContent = sentence(message);
  words.hidden = false;
  const control = controlOf(field);
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", words.id);
  control.focus();
  return true;
}

/** Of several controls in one frame the first. */
function controlOf(field: string): HTMLElement {
  const control = byId(field);
  return control.matches("fieldset") ? (control.querySelector<HTMLElement>("input, button") ?? control) : control;
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1).replace(/([^.])$/, "$1.");

export function clearWrong(form: HTMLFormElement): void {
  for (const words of form.querySelectorAll<HTMLElement>(".wrong")) words.hidden = true;
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-errormessage");
  }
}
