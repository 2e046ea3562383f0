import { ApiError, type ErrorCode } from "../../errors.ts";

/** Ends an exchange whose caller left. It is nobody's fault and no answer of ours, so it is no ApiError. */
export const CALLER_GONE = new Error("caller gone");

const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: "upstream_timeout",
  ETIMEDOUT: "upstream_timeout",
  WIRE_HEAD: "upstream_invalid",
  WIRE_HEAD_TOO_LARGE: "upstream_invalid",
  WIRE_STATUS: "upstream_invalid",
  WIRE_FRAMING: "upstream_invalid",
  WIRE_CHUNK: "upstream_invalid",
  WIRE_UNASKED: "upstream_invalid",
  WIRE_UNSENT: "request_timeout",
  WIRE_REQUEST: "bad_request",
  WIRE_REQUEST_LENGTH: "bad_request",
  EPROTO: "upstream_tls",
};

/** The answer for whatever went wrong. Neither message nor cause of the original is kept: both name hosts. */
export function faultOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const code = reasonOf(error);
  const known = CODE_OF[code];
  if (known) return new ApiError(known);
  if (isTlsCode(code)) return new ApiError("upstream_tls");
  return new ApiError("upstream_unreachable");
}

/** The system's word for an error (ECONNREFUSED, WIRE_HEAD, …), which holds no name or address; safe to log. */
export function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const code = (first as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^\w{1,64}$/.test(code) ? code : "";
}

/** OpenSSL's verification codes have no common prefix: this covers every one that Node documents. */
function isTlsCode(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERROR_IN_C|INVALID_(CA|PURPOSE)|PATH_LENGTH|HOSTNAME_MISMATCH)/.test(
    code,
  );
}
