import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type App, createApp } from "./app.ts";
import { within } from "./clock.ts";
import { type Deps, openDeps, type Stand } from "./deps.ts";
import { type Env, readEnv } from "./env.ts";
import { ApiError, gateErrorBody, strayErrorBody } from "./errors.ts";
import { strayHeaders } from "./identity/admission.ts";
import { CLOSE_MS, DRAIN_MS, REQUEST } from "./limits.ts";
import { offersOf } from "./offers.ts";
import { openBalance } from "./payments/balance/balance.ts";
import { openPayPerCall } from "./payments/x402/pay-per-call.ts";
import { openMaskedApis } from "./products/masked-api/room.ts";
import { openCourier } from "./webhooks/courier.ts";
import {
  balanceTasks,
  callCountsTask,
  codeOrderTasks,
  houseTasks,
  operatorTasks,
  orderTasks,
  phoneTasks,
  reconciliationTask,
  startWorker,
  tidy,
  webhookTasks,
} from "./worker.ts";

export type RunningServer = {
  readonly url: string;
  readonly publicUrl: string;
  readonly deps: Deps;
  /** Refuses new connections, ends waits, lets what is in flight finish for `DRAIN_MS` at most, then closes what can be closed. */
  stop(): Promise<void>;
};

/** Starts the API. Rejects when the database is away, the port taken, or the environment does not fit. */
export async function startServer(env: Env, stand: Stand = {}): Promise<RunningServer> {
  const stopping = new AbortController();
  const server = createServer({ maxHeaderSize: REQUEST.headerBytes, requireHostHeader: false, ...HTTP_TIMEOUTS });
  // Listens before anything is known of the outside: with port 0 our own URL is only known then.
  let app: App = (_, response) => refuseEarly(response);
  // Node's own answers to odd requests (no host, an unknown Expect) have none of the headers that every answer has.
  for (const event of ["request", "checkExpectation"] as const)
    server.on(event, (request: IncomingMessage, response: ServerResponse) => app(request, response));
  const url = await listen(server, env);
  const publicUrl = env.publicUrl ?? url;
  const ownHosts = [url, publicUrl].map(authorityOf);
  const { deps, close } = await openDeps({ env, publicUrl, ownHosts, stopping: stopping.signal, stand }).catch(
    (error: unknown) => {
      server.close();
      throw error;
    },
  );
  await tidy(deps);
  const sales = [...offersOf(deps), ...(stand.sales ?? [])];
  const payPerCall = openPayPerCall({ ...deps, sales });
  const balance = openBalance({ ...deps, sales });
  const maskedApis = openMaskedApis(deps);
  const orders = [
    ...orderTasks(payPerCall),
    ...balanceTasks(balance),
    ...codeOrderTasks(deps),
    callCountsTask(maskedApis.counts),
    reconciliationTask(deps),
  ];
  const courier = openCourier(deps);
  const telling = webhookTasks(deps, courier);
  const tasks = [...houseTasks(deps), ...orders, ...phoneTasks(deps), ...operatorTasks(deps), ...telling];
  const worker = startWorker(deps, tasks);
  app = createApp(deps, { sales, payPerCall, balance, maskedApis });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuse(error, socket));
  deps.log.info({ url, publicUrl, chainId: env.gatewayChain.id, gateway: deps.gateway }, "listening");
  const shutDown = async () => {
    stopping.abort();
    await drain(server);
    // A database that hangs must not keep the process.
    for (const end of [worker.stop, maskedApis.counts.flush, courier.close, payPerCall.close, close])
      await within(CLOSE_MS, end()).catch(({ message }: Error) => deps.log.warn({ reason: message }, "left open"));
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= shutDown();
    return stopped;
  };
  return { url, publicUrl, deps, stop };
}

/** Idle connections outlive those of the usual load balancers, which must be the ones to close. */
const HTTP_TIMEOUTS = { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 65_000 };

function listen(server: Server, { host, port }: Env): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const { port: taken } = server.address() as AddressInfo;
      resolve(`http://${host.includes(":") ? `[${host}]` : host}:${taken}`);
    });
  });
}

function refuseEarly(response: ServerResponse): void {
  response.writeHead(503, { "Content-Type": "application/json", "Retry-After": "1" });
  response.end(JSON.stringify(gateErrorBody(new ApiError("not_ready"))));
}

function authorityOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    // A connection that was busy at the stop signal becomes idle later, and Node closes idle ones only when told.
    const sweep = setInterval(() => server.closeIdleConnections(), 100);
    server.close(() => {
      clearTimeout(patience);
      clearInterval(sweep);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** What is not HTTP never reaches the app. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, message] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", "The headers are too large."]
      : ["400 Bad Request", "The request is not valid HTTP."];
  const body = JSON.stringify(strayErrorBody(new ApiError("bad_request", { message })));
  const headers = ["Content-Type", "application/json", "Connection", "close", ...strayHeaders()];
  headers.push("Content-Length", String(Buffer.byteLength(body)));
  const lines = headers.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${headers[i + 1]}\r\n`]));
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join("")}\r\n${body}`);
}

const HELP = `Turnpike's resource server.

Usage: node api/server.ts [--help]

Environment
  DATABASE_URL               Postgres; schema app is ours, views in schema onchain are the indexer's
  SESSION_KEYS               32-byte hex keys, comma separated; the first signs, all verify
  SECRETS_KEY                32-byte hex key that seals what merchants entrust to us
  AVALANCHE_RPC_URL          RPC URLs, comma separated; likewise FUJI_, BASE_, BASE_SEPOLIA_RPC_URL
  GATEWAY_CHAIN_ID           43114 (default) or 43113
  GATEWAY_ADDRESS            with GATEWAY_START_BLOCK; else Ignition's record named IGNITION_DEPLOYMENT (chain-<id>)
  GATEWAY_WALLET_RPC_URL     what pages tell wallets that do not know the gateway's chain, likewise RECEIVER_WALLET_RPC_URL;
                             the chain's own open one when absent. AVALANCHE_RPC_URL is never told to anyone
  HOST, PORT                 127.0.0.1, 8402
  PUBLIC_URL                 where callers reach us; else http://HOST:PORT
  UPSTREAM_ALLOW             exact host:port entries that may be private or http, comma separated; whoever reaches us can
                             put an API in front of them or have them called as webhooks, with any path: name only what the
                             world may call
  RATE_LIMIT_PER_MIN         60; creation, sign-in and management, per caller
  CHAIN_MAX_QUIET_SEC        60 (Fuji 600); a chain without a new block for longer may be a frozen node
  MASKED_RATE_LIMIT_PER_MIN  6000; calls of masked APIs, per caller; 0 is off
  TRUSTED_PROXIES            0; how many proxies in front of us append to X-Forwarded-For
  RECEIVER_CHAIN_ID          8453 (default) or 84532, where payments per call are taken in USDC; needs that chain's RPC URL
  RECEIVER_ADDRESS           with RECEIVER_START_BLOCK; else Ignition's record named RECEIVER_DEPLOYMENT (chain-<id>)
  RECEIVER_CONFIRMATIONS     0:0,500:1; from how many dollars on a settlement needs how many blocks on top of its own
  RECEIVER_FINAL_BLOCKS      900; a transfer with so many blocks on top is never taken back: plain USDC is credited then
  FACILITATOR_URL            settles payments per call, with any x402 facilitator; its query is kept
  FACILITATOR_AUTHORIZATION  what the facilitator gets as Authorization header
  SETTLER_KEY                32-byte hex key that pays the gas, when we settle ourselves; FACILITATOR_URL goes first, and
                             with neither nothing is sold per call
  MAX_FEE_GWEI               5; what SETTLER_KEY pays per gas at most, and while gas costs more no payment is taken on
  PHONE_CARRIER              off (default), telnyx, twilio, smpp, or sandbox, which reaches nobody: who sells us numbers and
                             carries texts
  TELNYX_API_KEY             with TELNYX_PUBLIC_KEY, which signs what Telnyx tells us below PUBLIC_URL/api/v1/carrier/, and
  TELNYX_MESSAGING_PROFILE_ID  the messaging profile that bought lines join
  TELNYX_FROM                the number that texts without a line leave from, or else TELNYX_POOL_PROFILE_ID, another profile
                             with a number pool
  TELNYX_URL                 https://api.telnyx.com/v2; a sandbox or a proxy may stand in
  TWILIO_ACCOUNT_SID         with TWILIO_AUTH_TOKEN, which also signs what Twilio tells us below PUBLIC_URL/api/v1/carrier/
  TWILIO_API_KEY_SID         with TWILIO_API_KEY_SECRET: what we ask with instead of the account's token
  TWILIO_FROM                the number that texts without a line leave from, or else TWILIO_MESSAGING_SERVICE_SID
  TWILIO_LINE_SERVICE_SID    the messaging service that bought lines join, such as that of a registered US campaign
  TWILIO_URL                 stands in for all of Twilio's hosts: a sandbox or a proxy
  SMPP_URL                   an SMSC, smpp://host:2775, or ssmpp://host:3550 with TLS (SMPP_CA: PEM file of who vouches for
                             it); with SMPP_SYSTEM_ID, SMPP_PASSWORD and, where it wants one, SMPP_SYSTEM_TYPE
  SMPP_FROM                  what texts without a line leave from there: a number, a short code or up to 11 letters
  SMPP_NUMBERS               the path of a JSON file with the numbers that are rented out as lines (/docs/operating); absent, none
  SMPP_WINDOW                10; how many texts may wait for the SMSC's answer at once
  SMPP_RECEIPT_IDS           same (default); decimal or hex, where receipts write the other way what answers call a text
  OTP_SUPPLIER_URL           a supplier's handler_api.php, who sells us numbers for one-time codes; with OTP_SUPPLIER_KEY and
  OTP_CATALOG                the path of a JSON file that says which services and countries are sold (/docs/operating)
  OTP_SUPPLIER_2_URL         more of them, each with its OTP_SUPPLIER_2_KEY, up to OTP_SUPPLIER_9_*: bought where it is
                             cheapest; a supplier keeps its number for good, as what was bought there bears it
  OTP_MARGIN_PERCENT         30; on top of what the supplier takes
  PHONE_RULES                the path of a JSON file of what is allowed by country, prices, caps, blocked numbers (/docs/operating)
  OPERATOR_TOKEN             32 characters or more; opens /api/v1/operator/* to who sends it as a bearer token
  PROVIDER_NAME              turnpike; who sells, as answers about numbers name it
  CONTACT_EMAIL              where registries that list us may write; /openapi.json tells it
  LOG_LEVEL                  info

GET /healthz, /readyz and /metrics tell how it is. SIGTERM or SIGINT: what is in flight is finished first.
`;

async function main(): Promise<void> {
  if (process.argv.includes("--help")) return void process.stdout.write(HELP);
  const server = await startServer(readEnv());
  const stop = () => {
    // The second signal means it.
    for (const signal of SIGNALS) process.off(signal, stop);
    server.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

if (import.meta.main)
  main().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
