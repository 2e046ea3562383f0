type Value = string | number | boolean | undefined | ((event: Event) => void);

/** The element with this id. @throws Error when the page has none: then script and page do not belong together */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found as T;
}

/** A new element: attributes by name, true for one without a value, functions under `onclick` and its like. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, Value> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

export function show(element: HTMLElement, isShown = true): void {
  element.hidden = !isShown;
}

export function hide(element: HTMLElement): void {
  element.hidden = true;
}

/** Replaces all that is in `element`. */
export function fill(element: HTMLElement, ...children: (Node | string)[]): void {
  element.replaceChildren(...children);
}

/** Keeps `button` from being pressed twice while `work` runs. Focus stays where it is: a disabled button would lose it. */
export async function busy<T>(button: HTMLButtonElement, work: () => Promise<T>): Promise<T | undefined> {
  if (button.getAttribute("aria-disabled") === "true") return undefined;
  button.setAttribute("aria-disabled", "true");
  button.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-disabled");
    button.removeAttribute("aria-busy");
  }
}

/** What the server put into the page for its script. */
export function pageData<T>(): T {
  return JSON.parse(byId("data").textContent ?? "") as T;
}
