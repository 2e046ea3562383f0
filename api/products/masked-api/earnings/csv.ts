/** A table as a file, sent while it is read. */
export type Table = {
  readonly name: string;
  /** Which fields of a row, in which order. */
  readonly columns: readonly string[];
  readonly rows: AsyncGenerator<readonly Row[]>;
};

export type Row = Readonly<Record<string, string | number>>;

/**
 * RFC 4180. Its cells are ours alone, addresses, numbers and days, so that none needs quotes and none is a formula.
 *
 * @throws what reading the first rows throws; what comes later cuts the answer off, so that half a table is never taken
 * for a whole one
 */
export async function csvAnswer({ name, columns, rows }: Table): Promise<Response> {
  const encoder = new TextEncoder();
  const lineOf = (row: Row) => `${columns.map((column) => row[column]).join(",")}\r\n`;
  let next = await rows.next();
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(encoder.encode(`${columns.join(",")}\r\n`)),
    pull: async (stream) => {
      if (next.done) return stream.close();
      stream.enqueue(encoder.encode(next.value.map(lineOf).join("")));
      next = await rows.next();
    },
    cancel: async () => {
      await rows.return(undefined);
    },
  });
  return new Response(body, {
    headers: {
      "Content-Type": "text/csv; charset=utf-8; header=present",
      "Content-Disposition": `attachment; filename="${name}.csv"`,
      "Cache-Control": "private, no-store",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
