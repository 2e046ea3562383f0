/** Telnyx says no: a status and reasons with codes. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly pointer: string | undefined;

  constructor(status: number, code: string, told: { title: string; pointer?: string }) {
    super(told.title);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.pointer = told.pointer;
  }

  get body() {
    const { code, message: title, pointer } = this;
    const detail = `${title}.`;
    const url = `https://developers.telnyx.com/docs/overview/errors/${code}`;
    return { errors: [{ code, title, detail, ...(pointer && { source: { pointer } }), meta: { url } }] };
  }
}

export const notFound = () => new Refusal(404, "10005", { title: "Resource not found" });
export const isUnauthorized = () => new Refusal(401, "10009", { title: "Authentication failed" });
export const invalid = (pointer: string) => new Refusal(422, "10015", { title: "Bad Request", pointer });
