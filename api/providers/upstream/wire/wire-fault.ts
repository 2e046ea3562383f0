/** Why what came over a connection is no answer; holds no name and no address, so it is safe to log. */
export type WireFaultCode =
  | "WIRE_CLOSED"
  | "WIRE_UNASKED"
  | "WIRE_UNSENT"
  | "WIRE_HEAD"
  | "WIRE_HEAD_TOO_LARGE"
  | "WIRE_STATUS"
  | "WIRE_FRAMING"
  | "WIRE_CHUNK"
  | "WIRE_REQUEST"
  | "WIRE_REQUEST_LENGTH";

export class WireFault extends Error {
  readonly code: WireFaultCode;

  constructor(code: WireFaultCode) {
    super(code);
    this.name = "WireFault";
    this.code = code;
  }
}
