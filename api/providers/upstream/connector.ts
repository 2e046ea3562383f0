import { isIP, type Socket } from "node:net";
import { buildConnector } from "undici";
import { ApiError } from "../../errors.ts";
import { isBlocked } from "./blocked.ts";
import { guardedLookup, type Resolve } from "./resolve.ts";
import { type Rules, withoutBrackets } from "./rules.ts";

/** What stands between undici and the socket; tests put their own connectors under the guard. */
export type Connectors = { guarded: buildConnector.connector; exempt: buildConnector.connector };

/** TLS verification stays on, h2 off, and only the guarded one asks our resolver. */
export function connectorsOf(connectMs: number, resolve: Resolve, tls: { ca?: string } = {}): Connectors {
  const options = { timeout: connectMs, allowH2: false, ...tls };
  return {
    guarded: buildConnector({ ...options, lookup: guardedLookup(resolve) } as buildConnector.BuildOptions),
    exempt: buildConnector(options as buildConnector.BuildOptions),
  };
}

/**
 * Opens connections only to where they may go. Literals never reach `lookup`, so they are judged before; whatever the
 * look-up said, the connected peer is judged again.
 */
export function guardedConnector(rules: Rules, { guarded, exempt }: Connectors): buildConnector.connector {
  const ownPorts = new Set([...rules.own].map((authority) => Number(authority.split(":").at(-1))));
  return (options, callback) => {
    const hostname = withoutBrackets(options.hostname);
    const port = options.port || (options.protocol === "https:" ? "443" : "80");
    const isAllowed = rules.allow.has(`${options.hostname}:${port}`);
    if (!isAllowed && isIP(hostname) !== 0 && isBlocked(hostname))
      return callback(new ApiError("upstream_blocked"), null);

    const connect = isAllowed ? exempt : guarded;
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const isSelf = socket.remoteAddress === socket.localAddress && ownPorts.has(socket.remotePort ?? 0);
      if (isSelf || (!isAllowed && isBlocked(socket.remoteAddress ?? ""))) {
        socket.destroy();
        return callback(new ApiError("upstream_blocked"), null);
      }
      tellResets(socket);
      callback(null, socket);
    });
  };
}

/**
 * undici takes a reset (ECONNRESET) of a body without length for its regular end; under another code it is the fault
 * that it is. The listener is the first one, so undici sees the new code.
 */
export function tellResets(socket: Socket): void {
  socket.prependListener("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ECONNRESET") error.code = "UPSTREAM_RESET";
  });
}
