import { el } from "../dom.ts";
import { utcDay } from "./shown.ts";
import { table } from "./table.ts";

type Series = {
  readonly title: string;
  /** A value as a person reads it. */
  readonly words: (value: bigint) => string;
  readonly points: readonly Point[];
};

type Point = { readonly day: string; readonly value: bigint };

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 100;
const SLOT = 10;
const GAP = 2;

/** One bar for each day, what they stand for in words, and all of it as a table. */
export function chart({ title, words, points }: Series): HTMLElement {
  const most = points.reduce((max, { value }) => (value > max ? value : max), 0n);
  const [first, last] = [points[0], points.at(-1)];
  return el(
    "figure",
    { class: "chart" },
    el("figcaption", {}, el("strong", {}, title), el("span", { class: "quietly" }, ` most on a day: ${words(most)}`)),
    bars({ title: `${title}: ${summary({ title, words, points })}`, points, words, most }),
    el(
      "div",
      { class: "row apart quietly ends" },
      ...[first, last].flatMap((point) => (point ? [utcDay(point.day)] : [])),
    ),
    tableOf({ title, words, points }),
  );
}

function summary({ words, points }: Series): string {
  const busy = points.filter(({ value }) => value > 0n);
  const total = busy.reduce((sum, { value }) => sum + value, 0n);
  return `${words(total)} in ${points.length} days, on ${busy.length} of them`;
}

type Drawn = Series & { readonly most: bigint };

/** Without words of its own, so that it can be stretched to any width. */
function bars({ title, points, words, most }: Drawn): Element {
  const svg = shape("svg", {
    viewBox: `0 0 ${points.length * SLOT} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": title,
  });
  points.forEach(({ day: iso, value }, at) => {
    const height = heightOf(value, most);
    const bar = shape("rect", { x: at * SLOT + GAP / 2, y: HEIGHT - height, width: SLOT - GAP, height });
    const hover = shape("title", {});
    hover.textContent = `${iso}: ${words(value)}`;
    bar.append(hover);
    svg.append(bar);
  });
  return svg;
}

/** Whatever is there at all is seen. */
function heightOf(value: bigint, most: bigint): number {
  if (value === 0n || most === 0n) return 0;
  return Math.max(2, Number((value * BigInt(HEIGHT)) / most));
}

function shape(name: string, attributes: Record<string, string | number>): Element {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

const tableOf = ({ title, words, points }: Series): HTMLElement =>
  el(
    "details",
    {},
    el("summary", {}, "As a table"),
    table(
      title,
      [{ head: "Day (UTC)" }, { head: title, isNumber: true }],
      points.map(({ day: iso, value }) => [iso, words(value)]),
    ),
  );
