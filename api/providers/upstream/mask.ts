/** Words of a merchant's URL that no header of an answer may say, in lower case. */
export type Mask = {
  readonly host: string;
  /** Host, path, long segments and long values of the query. */
  readonly words: readonly string[];
};

/** Shorter ones are words like /v1 or page=2, which stand in harmless headers for other reasons. */
const TELLING_CHARS = { path: 6, segment: 10, value: 8 } as const;

/** What would tell where the upstream is, as written and as read. */
export function maskOf({ hostname, pathname, search }: URL): Mask {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const path = pathname.replace(/\/+$/, "");
  const words = [
    ...[path].filter(({ length }) => length >= TELLING_CHARS.path),
    ...path.split("/").filter(({ length }) => length >= TELLING_CHARS.segment),
    ...valuesOf(search).filter(({ length }) => length >= TELLING_CHARS.value),
  ];
  const all = [...words, ...words.map(decoded)].map((word) => word.toLowerCase());
  return { host, words: [...new Set([host, ...all])] };
}

export const isTelling = (text: string, { words }: Mask): boolean => {
  const lower = text.toLowerCase();
  return words.some((word) => lower.includes(word));
};

const valuesOf = (search: string): string[] =>
  search
    .slice(1)
    .split(/[&;]/)
    .map((pair) => pair.slice(pair.indexOf("=") + 1));

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
