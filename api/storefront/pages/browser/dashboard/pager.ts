import { el } from "../dom.ts";

export type Page = { readonly limit: number; readonly offset: number };

type Stand = Page & {
  readonly shown: number;
  readonly hasNext: boolean;
  /** What is paged, such as "transactions". */
  readonly of: string;
  readonly total?: number;
  go(offset: number): void;
};

export const pageQuery = ({ limit, offset }: Page): string => `limit=${limit}&offset=${offset}`;

/** Where a list stands, and the ways to newer and older items; nothing when all of it is shown. */
export function pager({ limit, offset, shown, hasNext, of, total, go }: Stand): Node[] {
  if (offset === 0 && !hasNext) return [];
  const way = (text: string, isOpen: boolean, to: number) =>
    el("button", { type: "button", class: "quiet small", disabled: !isOpen, onclick: () => go(to) }, text);
  const range = shown === 0 ? "Nothing more" : `${offset + 1} to ${offset + shown}`;
  return [
    el(
      "nav",
      { class: "pager", "aria-label": `Pages of ${of}` },
      way("Newer", offset > 0, Math.max(0, offset - limit)),
      el("span", { class: "quietly" }, total === undefined ? range : `${range} of ${total}`),
      way("Older", hasNext, offset + limit),
    ),
  ];
}
