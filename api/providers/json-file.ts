import { readFile } from "node:fs/promises";
import type { z } from "zod";

/** A file of the operator's, by the variable that leads to it. @throws Error that names the file and every field that is wrong */
export async function readJsonFile<T>(variable: string, path: string, shape: z.ZodType<T>): Promise<T> {
  const wrong = (what: string) => new Error(`${variable}: ${path}: ${what}`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(`cannot be read (${error.code})`);
  });
  const parsed = shape.safeParse(json(text, wrong));
  if (!parsed.success) throw wrong(parsed.error.issues.flatMap(complaints).join("; "));
  return parsed.data;
}

function json(text: string, wrong: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`);
  }
}

/** `countries.US.textUsd: …`; of a wrong key its own words. */
function complaints(issue: z.core.$ZodIssue): string[] {
  const place = placeOf(issue.path);
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => `${place}: ${message}`);
  return [`${place || "the file"}: ${issue.message}`];
}

const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`))
    .join("")
    .replace(/^\./, "");
