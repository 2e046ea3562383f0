import { el } from "../dom.ts";
import type { Upstream } from "./ask.ts";
import { indented, isJson } from "./exact-json.ts";

/** An answer as it can be looked at, taken along and kept. */
export type Content = {
  readonly view: HTMLElement;
  /** What can be copied as text. */
  readonly text?: string;
  readonly file: Blob;
  readonly extension: string;
};

/** Above it, text is shown without colours, and above the other not all of it. */
const COLOURED_CHARS = 200_000;
const SHOWN_CHARS = 1_000_000;

/** What the upstream answered, by what it says it is. Whatever it is, none of it runs. */
export async function contentOf({ content_type: type, encoding, body, bodyText }: Upstream): Promise<Content> {
  if (type.startsWith("image/") && isImageLink(body)) return imageAt(body.image_url);
  if (encoding === "base64") return fileContent(new Blob([bytesOf(String(body))]), type);
  return typeof body === "string" ? textContent(body, type) : jsonContent(bodyText);
}

/** The same of an answer that comes as the upstream gave it. */
export async function contentOfResponse(response: Response): Promise<Content> {
  const type = response.headers.get("content-type") ?? "";
  if (isPicture(type)) return imageContent(await response.blob());
  if (!/^text\/|[/+](?:json|xml|yaml|javascript)\b/.test(type)) return fileContent(await response.blob(), type);
  const text = await response.text();
  return /[/+]json\b/.test(type) && isJson(text) ? jsonContent(text) : textContent(text, type);
}

/** Pixels: a drawing would be a document of this origin to who opens it by itself. */
const isPicture = (type: string): boolean => /^image\/(?!svg)/i.test(type);

function isImageLink(body: unknown): body is { image_url: string } {
  return typeof (body as { image_url?: unknown } | null)?.image_url === "string";
}

/** By its path alone: the link is ours, whatever name we were reached by. */
async function imageAt(link: string): Promise<Content> {
  const { pathname, search } = new URL(link, location.href);
  const response = await fetch(pathname + search);
  const file = await response.blob();
  return response.ok && isPicture(file.type) ? imageContent(file) : fileContent(file, file.type);
}

function imageContent(file: Blob): Content {
  const view = el("img", { src: URL.createObjectURL(file), alt: "The answer is this image.", class: "answer-image" });
  return { view, file, extension: file.type.slice("image/".length).replace(/\W.*/, "") };
}

function jsonContent(json: string): Content {
  const text = indented(json);
  return { ...textContent(text, "application/json"), view: textView(text, jsonNodes) };
}

function textContent(text: string, type: string): Content {
  const extension = /(html|xml|json)/.exec(type)?.[1] ?? "txt";
  return { view: textView(text, (shown) => [shown]), text, file: new Blob([text], { type: "text/plain" }), extension };
}

function fileContent(bytes: Blob, type: string): Content {
  const file = new Blob([bytes], { type: "application/octet-stream" });
  const what = `${type.split(";")[0] || "of no known type"}, ${file.size.toLocaleString("en")} bytes`;
  return { view: el("p", {}, `The answer is a file (${what}). Download it to look at it.`), file, extension: "bin" };
}

function textView(text: string, nodesOf: (text: string) => (Node | string)[]): HTMLElement {
  const shown = text.slice(0, SHOWN_CHARS);
  const nodes = shown.length > COLOURED_CHARS ? [shown] : nodesOf(shown);
  const left = text.length - shown.length;
  const rest = left > 0 ? [`\n… and ${left} more characters: download all of it`] : [];
  return el("pre", { class: "wrapped", tabindex: 0, role: "region", "aria-label": "The answer" }, ...nodes, ...rest);
}

const JSON_PARTS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON with its names, texts and other values told apart. */
function jsonNodes(text: string): (Node | string)[] {
  const nodes: (Node | string)[] = [];
  let end = 0;
  for (const match of text.matchAll(JSON_PARTS)) {
    const [whole, quoted, colon] = match;
    nodes.push(text.slice(end, match.index));
    const kind = colon !== undefined ? "name" : quoted !== undefined ? "text" : "value";
    nodes.push(el("span", { class: `json-${kind}` }, quoted ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  return [...nodes, text.slice(end)];
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
