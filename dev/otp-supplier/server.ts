import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "../../api/clock.ts";
import { type Activation, openBooks } from "./books.ts";
import { createControl, type Order } from "./control.ts";
import { createFaults, doesIt, spoil } from "./faults.ts";
import type { Rules } from "./life.ts";
import { type Shelf, stockedShelves } from "./shelves.ts";
import { openShop } from "./shop.ts";
import { type Action, answerTo, isAction } from "./words.ts";

export type SupplierOptions = Partial<Rules> & {
  /** 0, and unless told: a free one. */
  port?: number;
  key?: string;
  /** Where sold numbers and money are kept; absent, in memory. */
  stateFile?: string;
  /** What the customer begins with. */
  balanceMicroUsd?: bigint;
  shelves?: Shelf[];
  clock?: Pick<Clock, "nowMs">;
};

export type OtpSupplier = {
  /** Of its `handler_api.php`. */
  readonly url: string;
  readonly key: string;
  /** What is to go otherwise than usual, as in POST /sandbox/orders. */
  order(order: Order): void;
  /** A text comes to the number. False: it has one already. @throws Error when there is no such activation */
  deliver(activationId: string, text: string): boolean;
  activations(): Activation[];
  balanceMicroUsd(): bigint;
  /** How often it has been asked this, with the right key or not. */
  asked(action: Action): number;
  close(): Promise<void>;
};

const USUAL = { key: "sandbox-key", timeoutSec: 1_200, earlyCancelSec: 120, balanceMicroUsd: 1_000_000_000n } as const;
const PATH = "/stubs/handler_api.php";

/** A supplier of numbers for one-time codes, on this machine alone: nothing that it sells can be reached. */
export async function startOtpSupplier(options: SupplierOptions = {}): Promise<OtpSupplier> {
  const { port = 0, key, timeoutSec, earlyCancelSec, balanceMicroUsd } = { ...USUAL, ...options };
  const books = openBooks(options.stateFile);
  if (!books.isFunded()) books.enter("funds:first", balanceMicroUsd);
  const clock = options.clock ?? systemClock;
  const shelves = (options.shelves ?? stockedShelves()).map((shelf) => ({ ...shelf }));
  const shop = openShop({ books, shelves, clock, rules: { timeoutSec, earlyCancelSec } });
  const faults = createFaults();
  const control = createControl({ books, shelves, shop, faults });
  const counts = new Map<Action, number>();

  /** The counter itself. */
  const serve = ({ url = "" }: IncomingMessage, response: ServerResponse, query: URLSearchParams) => {
    const action = query.get("action") ?? "";
    const fault = isAction(action) ? faults.take(action) : undefined;
    if (isAction(action)) counts.set(action, (counts.get(action) ?? 0) + 1);
    const said = () => (query.get("api_key") === key ? answerTo(shop, query) : "BAD_KEY");
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    if (!fault) response.end(said());
    else spoil(response, { fault, url, text: doesIt(fault) ? said() : "" });
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://supplier");
    const isOurs = pathname.startsWith("/sandbox/") && searchParams.get("api_key") === key;
    if (isOurs) await control.answer(pathname, request, response);
    else if (pathname === PATH) serve(request, response, searchParams);
    else response.writeHead(pathname === "/healthz" ? 200 : 404).end();
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    key,
    order: control.order,
    deliver: control.deliver,
    activations: shop.activations,
    balanceMicroUsd: shop.balanceMicroUsd,
    asked: (action) => counts.get(action) ?? 0,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      books.close();
    },
  };
}
