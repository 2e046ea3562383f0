/** Names, statuses and codes only: the messages of viem and of nodes quote the RPC's URL, and with it a key. */
export function causeOf(error: unknown): string {
  const links: string[] = [];
  // A chain of causes that bites its own tail must end too.
  for (let link = error; link instanceof Error && links.length < 8; link = link.cause) {
    const { name, status, code } = link as Error & { status?: unknown; code?: unknown };
    const marks = [status, code].filter((mark) => typeof mark === "number" || /^\w{1,40}$/.test(String(mark ?? "")));
    links.push([name, ...marks].join(" "));
  }
  return links.join(" < ") || typeof error;
}
