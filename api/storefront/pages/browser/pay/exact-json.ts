const TOKENS = /"(?:\\.|[^"\\])*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON with two spaces a level, every value as it was written: numbers here would lose digits beyond the sixteenth. */
export function indented(json: string): string {
  let text = "";
  let depth = 0;
  let before = "";
  for (const [token] of json.matchAll(TOKENS)) {
    if (isClosing(token)) depth--;
    text += gapBetween(before, token, depth) + token;
    if (isOpening(token)) depth++;
    before = token;
  }
  return text;
}

const isOpening = (token: string): boolean => token === "{" || token === "[";
const isClosing = (token: string): boolean => token === "}" || token === "]";

function gapBetween(before: string, token: string, depth: number): string {
  if (before === "" || token === ":" || token === "," || (isOpening(before) && isClosing(token))) return "";
  return before === ":" ? " " : `\n${"  ".repeat(depth)}`;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const UPSTREAM = ',"upstream":{';
const BODY = ',"body":';
const AFTER = "}}}";

/** The answer's `data.upstream.body` as it stands in the whole answer, whose last field it is. */
export function bodyIn(answer: string): string {
  const start = answer.indexOf(BODY, answer.indexOf(UPSTREAM)) + BODY.length;
  return answer.slice(start, -AFTER.length);
}
