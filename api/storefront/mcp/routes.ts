import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import {
  type CallToolRequest,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { ApiError, errorHeaders } from "../../errors.ts";
import { requestIdOf } from "../../identity/call.ts";
import { readJson } from "../../identity/json-body.ts";
import { judged } from "../../identity/judged.ts";
import { INSTRUCTIONS } from "./instructions.ts";
import { failed, perhapsPaid } from "./results.ts";
import type { Tool } from "./tool.ts";
import { toolCallOf } from "./tool-call.ts";

export type McpDeps = Pick<Deps, "log" | "limits" | "providerName">;

/** The shop for MCP clients, over Streamable HTTP. Each request stands for itself: nothing is remembered between two. */
export function mcpRoutes(deps: McpDeps, tools: readonly Tool[]): Hono {
  const routes = new Hono();
  const desk = { ...deps, tools: new Map(tools.map((tool) => [tool.card.name, tool])) };
  routes.post("/", async (c) => {
    try {
      const message = await readJson(c.req.raw);
      // One request counts as one call against its caller. MCP knows no batches since 2025-06-18.
      if (Array.isArray(message)) throw new ApiError("bad_request", { message: "Send one message at a time." });
      return await answer(desk, c, message);
    } catch (error) {
      return refusal(judged(deps, error, requestIdOf(c)));
    }
  });
  // There is no stream to listen to, and no session to end.
  routes.all("/", () => refusal(new ApiError("method_not_allowed"), { Allow: "POST" }));
  return routes;
}

type Desk = McpDeps & { readonly tools: ReadonlyMap<string, Tool> };

async function answer(desk: Desk, c: Context, message: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = serverOf(desk, c);
  await server.connect(transport);
  try {
    const response = await transport.handleRequest(c.req.raw, { parsedBody: message });
    response.headers.set("Cache-Control", "no-store");
    return response;
  } finally {
    await server.close();
  }
}

/** Made once: it takes longer than all the rest of a server, which needs it for nothing that we do. */
const jsonSchemaValidator = new AjvJsonSchemaValidator();

function serverOf(desk: Desk, c: Context): Server {
  const { providerName, tools } = desk;
  const about = { name: "turnpike", title: providerName, version: "1.0.0" };
  const server = new Server(about, { capabilities: { tools: {} }, instructions: INSTRUCTIONS, jsonSchemaValidator });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...tools.values()].map(({ card }) => card) }));
  server.setRequestHandler(TOOL_CALL, ({ params }) => run(desk, c, params as Params));
  return server;
}

type Params = CallToolRequest["params"];

/** The server looks at the parameters itself, and says that they are wrong; what fails a schema here is told as a fault of ours. */
const TOOL_CALL = z.object({ method: z.literal("tools/call"), params: z.unknown() });

async function run(desk: Desk, c: Context, params: Params): Promise<CallToolResult> {
  const tool = desk.tools.get(params.name);
  if (!tool) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name.slice(0, 100)}`);
  const call = toolCallOf(desk, c, params);
  try {
    return await tool.run(call);
  } catch (error) {
    const told = judged(desk, error, call.requestId);
    return failed(call.carriesPayment ? perhapsPaid(told) : told, call.requestId);
  }
}

/** What is no message that could be answered by its id. */
function refusal(error: ApiError, more: Record<string, string> = {}): Response {
  const [name, value] = errorHeaders(error);
  const body = {
    jsonrpc: "2.0",
    error: { code: codeOf(error), message: error.message, data: { error: error.code } },
    id: null,
  };
  const headers = { "Cache-Control": "no-store", ...(name && value && { [name]: value }), ...more };
  return Response.json(body, { status: error.status, headers });
}

function codeOf({ code, status }: ApiError): number {
  if (code === "invalid_json") return ErrorCode.ParseError;
  return status >= 500 ? ErrorCode.InternalError : ErrorCode.InvalidRequest;
}
