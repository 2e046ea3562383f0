import { copyButton } from "../copy-button.ts";
import { el } from "../dom.ts";
import type { PayData } from "./data.ts";
import { type Made, requestForm } from "./request-form.ts";

/** Any request that the API allows, made up by hand; open where there is no other way to call. */
export function requestDetails(data: PayData, onSend: (made: Made) => Promise<void>): HTMLElement {
  const isOnlyWay = !data.methods.includes("GET");
  return el("details", { open: isOnlyWay }, el("summary", {}, "Make a request of your own"), requestForm(data, onSend));
}

/** The line that calls from a shell. */
export function curlDetails({ url, methods }: PayData, sessionId: string): HTMLElement {
  const method = methods.includes("GET") ? "" : `-X ${methods[0]} `;
  const line = `curl ${method}-H 'X-402-Session: ${sessionId}' '${url}'`;
  const raw = el("code", {}, "?raw=1");
  return el(
    "details",
    {},
    el("summary", {}, "Use it from a program"),
    el("p", {}, "Whoever has this line can use your time. With ", raw, " the answer comes as it is."),
    el("pre", { class: "wrapped" }, el("code", { id: "curl" }, line)),
    copyButton(() => line, "Copy the line"),
  );
}
