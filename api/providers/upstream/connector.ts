import { isIP } from "node:net";
import { buildConnector } from "undici";
import { ApiError } from "../../errors.ts";
import { isBlocked } from "./blocked.ts";
import { guardedLookup, type Resolve } from "./resolve.ts";
import { type Rules, withoutBrackets } from "./rules.ts";

/** What opens sockets: `exempt` for those that the operator allowed. Tests put their own under the guard. */
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
    // Sockets want a literal without brackets, the operator's list has it as URLs do.
    const isAllowed = rules.allow.has(`${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`);
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
      callback(null, socket);
    });
  };
}
