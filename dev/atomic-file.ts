import { open, rename } from "node:fs/promises";

/** Replaces `file` in one step: whoever reads it, or is killed in between, finds the old text or the new one. */
export async function writeAtomically(file: string, content: Buffer | string, mode = 0o600): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  const handle = await open(partial, "w", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}
