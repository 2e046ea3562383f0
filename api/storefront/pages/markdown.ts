import { Marked, type RendererObject, type Token, type Tokens } from "marked";

/** A text, ready for a page. */
export type Rendered = {
  /** The heading of the first level, which is not in `html`. */
  readonly title: string;
  /** The first paragraph, without marks. */
  readonly description: string;
  readonly html: string;
  /** Headings of the second level, and where they are. */
  readonly contents: readonly { readonly id: string; readonly title: string }[];
};

/** Languages of what is answered; a file has its name behind its language. */
const ANSWERS = ["http", "json"];

type HrefOf = (href: string) => string;

/** Of texts of ours, never of anybody else's: HTML in them stays HTML. @param hrefOf where a link leads from a page */
export function renderMarkdown(markdown: string, hrefOf: HrefOf): Rendered {
  const marked = new Marked({ renderer: rendererOf(hrefOf), async: false });
  const tokens = marked.lexer(markdown);
  const headings = tokens.filter((token): token is Tokens.Heading => token.type === "heading");
  const title = headings.find(({ depth }) => depth === 1);
  const first = tokens.find((token): token is Tokens.Paragraph => token.type === "paragraph");
  return {
    title: plain(title?.tokens ?? []),
    description: plain(first?.tokens ?? []),
    html: marked.parser(tokens),
    contents: headings
      .filter(({ depth }) => depth === 2)
      .map((heading) => ({ id: idOf(heading), title: plain(heading.tokens) })),
  };
}

function rendererOf(hrefOf: HrefOf): RendererObject {
  let section = "";
  return {
    heading(heading) {
      const { depth, tokens } = heading;
      section = plain(tokens);
      return depth === 1 ? "" : `<h${depth} id="${idOf(heading)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    link({ href, tokens }) {
      return `<a href="${escaped(hrefOf(href))}">${this.parser.parseInline(tokens)}</a>`;
    },
    /** A long path goes over two lines at a slash sooner than within a word. */
    codespan: ({ text }) => `<code>${escaped(text).replaceAll("/", "/<wbr>")}</code>`,
    code({ text, lang = "" }) {
      const [language = "", name = ANSWERS.includes(language) ? "answer" : ""] = lang.split(" ");
      const title = name && `<span class="name">${escaped(name)}</span>`;
      return `${title}<pre tabindex="0" class="${escaped(language)}"><code>${escaped(text)}</code></pre>\n`;
    },
    /** Wider than a phone, some of them: moved within a box of their own, by keyboard as well. */
    table({ header, rows }) {
      const row = (cells: Tokens.TableCell[], name: "th" | "td") =>
        `<tr>${cells.map(({ tokens }) => `<${name}>${this.parser.parseInline(tokens)}</${name}>`).join("")}</tr>\n`;
      const title = `${section}: ${header.map(({ tokens }) => plain(tokens)).join(", ")}`;
      return `<div class="scrolls" role="region" tabindex="0" aria-label="${escaped(title)}">
<table><thead>${row(header, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("")}</tbody></table></div>\n`;
    },
  };
}

/** The one that GitHub makes, so that the same link leads there and here. */
const idOf = ({ tokens }: Tokens.Heading): string =>
  plain(tokens)
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const plain = (tokens: readonly Token[]): string =>
  tokens.map((token) => ("tokens" in token && token.tokens ? plain(token.tokens) : textOf(token))).join("");

const textOf = (token: Token): string => ("text" in token ? token.text : "");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
