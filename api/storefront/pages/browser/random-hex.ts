/** Random bytes as 0x and hex digits; unlike `crypto.randomUUID` also where there is no https. */
export function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return `0x${Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
