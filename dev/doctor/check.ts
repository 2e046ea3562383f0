/** What was looked at, and what keeps it from working, in sentences that say what to do. */
export type Check = {
  readonly name: string;
  readonly problems: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
};

export type Seen = { readonly problems?: readonly string[]; readonly facts?: Readonly<Record<string, string>> };

/** Never rejects: one thing that is amiss must not hide the others. */
export async function check(name: string, look: () => Promise<Seen>): Promise<Check> {
  const seen = await look().catch((error: Error): Seen => ({ problems: [error.message || String(error)] }));
  return { name, problems: seen.problems ?? [], facts: seen.facts ?? {} };
}

export const usd = (microUsd: bigint): string => `$${(Number(microUsd) / 1e6).toFixed(2)}`;
