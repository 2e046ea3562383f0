import type pg from "pg";

/** The codes that the carrier was given for somebody, oldest first. */
export async function codesAt(pool: pg.Pool, to: string): Promise<string[]> {
  const text = "select body from carrier.message where recipient = $1 order by accepted_at, reference";
  const { rows } = await pool.query<{ body: string }>(text, [to]);
  return rows.map(({ body }) => /\d{6}/.exec(body)?.[0] ?? `no code in: ${body}`);
}

/** Another code than this one. */
export const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, "0");
