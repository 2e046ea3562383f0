import { promises as dns } from "node:dns";
import type { LookupFunction } from "node:net";
import { ApiError } from "../../errors.ts";
import { isBlocked } from "./blocked.ts";

/** All IPv4 and IPv6 addresses of a host name; rejects or gives none when it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const NO_ANSWER = Object.assign(new Error("no address"), { code: "ENOTFOUND" });

/**
 * Asks the name servers directly: `getaddrinfo` would also read the hosts file, and a slow name server could fill the
 * four threads that it shares with the file system. A new resolver each time follows changes of the system's servers.
 */
export const resolvePublic: Resolve = async (hostname) => {
  const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
};

/** A `lookup` for sockets that fails as a whole when any answer is not public: a mixed answer is an attack. */
export function guardedLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined) return callback(NO_ANSWER, "", 0);
        if (addresses.some(isBlocked)) return callback(new ApiError("upstream_blocked"), "", 0);
        if (!options.all) return callback(null, first, familyOf(first));
        callback(
          null,
          addresses.map((address) => ({ address, family: familyOf(address) })),
        );
      },
      () => callback(NO_ANSWER, "", 0),
    );
  };
}

const familyOf = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);
