import { busy, el } from "../dom.ts";
import type { PayData } from "./data.ts";
import { isJson } from "./exact-json.ts";

/** A request that a person makes up; `onSend` gets it with the session in it. */
export function requestForm({ apiId, methods }: PayData, onSend: (made: Made) => Promise<void>): HTMLFormElement {
  const method = el(
    "select",
    { id: "request-method", name: "method" },
    ...methods.map((each) => el("option", {}, each)),
  );
  const path = el("input", { id: "request-path", name: "path", placeholder: "/today?city=Oslo", autocomplete: "off" });
  const body = el("textarea", { id: "request-body", name: "body", rows: 4, spellcheck: "false" });
  const bodyField = field("Body", body, "JSON is sent as JSON, anything else as text.");
  const button = el("button", { type: "submit", class: "small" }, "Send");
  const showBody = () => {
    bodyField.hidden = hasNoBody(method.value);
  };
  method.addEventListener("change", showBody);
  showBody();
  const form = el(
    "form",
    { id: "request" },
    field("Method", method),
    field("Path and query", path, "What is added to the address; may be empty."),
    bodyField,
    button,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = hasNoBody(method.value) ? "" : body.value;
    const made = { method: method.value, path: `/api/${apiId}${raw(path.value.trim())}`, body: text };
    void busy(button, () => onSend(made));
  });
  return form;
}

export type Made = { readonly method: string; readonly path: string; readonly body: string };

const hasNoBody = (method: string): boolean => method === "GET" || method === "HEAD";

/** As the upstream gives it, not in an envelope. */
function raw(added: string): string {
  const rest = added === "" || /^[/?]/.test(added) ? added : `/${added}`;
  return `${rest}${rest.includes("?") ? "&" : "?"}raw=1`;
}

function field(label: string, control: HTMLElement, hint?: string): HTMLElement {
  const { id } = control;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  const hints = hint ? [el("p", { class: "hint", id: `${id}-hint` }, hint)] : [];
  return el("div", { class: "field" }, el("label", { for: id }, label), control, ...hints);
}

/** With the session; patient, because its payment may not have been seen yet. @throws Error in words */
export async function send({ method, path, body }: Made, sessionId: string): Promise<Response> {
  const type = isJson(body) ? "application/json" : "text/plain";
  const headers = { "X-402-Session": sessionId, Prefer: "wait=25", ...(body && { "Content-Type": type }) };
  try {
    return await fetch(path, { method, headers, cache: "no-store", ...(body && { body }) });
  } catch {
    throw new Error("The server cannot be reached. Check your connection and try again.");
  }
}
