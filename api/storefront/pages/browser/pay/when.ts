/** A moment as people write it, in their own time. */
export const whenOf = (ms: number): string =>
  new Date(ms).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
