import { Refusal } from "./api.ts";

/** What a person wrote is none of what is asked for. The field is the API's own name, as its refusals tell it. */
export class InvalidField extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = "InvalidField";
    this.field = field;
  }
}

/** The field that is wrong, whether the page or the API says so; undefined when it is something else. */
export function fieldOf(thrown: unknown): string | undefined {
  if (thrown instanceof InvalidField) return thrown.field;
  if (!(thrown instanceof Refusal)) return undefined;
  const { details, data } = (thrown.body ?? {}) as Record<"details" | "data", { field?: unknown } | undefined>;
  const field = (details ?? data)?.field;
  return typeof field === "string" ? field : undefined;
}
