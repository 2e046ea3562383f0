import type { CallToolResult, Tool as ToolCard } from "@modelcontextprotocol/sdk/types.js";
import type { Credentials } from "../../identity/account.ts";
import type { Payment } from "../../payments/x402/payment.ts";
import type { JsonObject } from "../../sale.ts";

/** Something that a client can have done for it. */
export type Tool = {
  /** As clients and their models read it. */
  readonly card: ToolCard;
  /** @throws ApiError */
  run(call: ToolCall): Promise<CallToolResult>;
};

/** One call of a tool, as it came. */
export type ToolCall = {
  readonly requestId: string;
  /** Undefined where none came: a body that is not there, and not an empty one. */
  readonly args: JsonObject | undefined;
  readonly carriesPayment: boolean;
  /** @throws ApiError invalid_payment */
  payment(): Payment | undefined;
  /** @throws ApiError bad_request, invalid_field */
  credentials(): Credentials;
  /** Whom a wait counts against. */
  readonly caller: string;
  /** Aborts when nobody listens any more. */
  readonly gone: AbortSignal;
};

/** What a tool takes, as JSON Schema 2020-12. */
export type InputSchema = ToolCard["inputSchema"];
