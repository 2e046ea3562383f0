import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import type { Clock } from "../clock.ts";
import { Recent } from "../limits.ts";

/** Who a request counts against: an address, or the /64 that one IPv6 customer owns. */
export function callerOf(request: IncomingMessage, trustedProxies: number): string {
  const peer = request.socket.remoteAddress ?? "";
  if (trustedProxies === 0) return bucketOf(peer);
  // Each proxy appends whom it saw; only the entries that our own proxies wrote can be believed.
  const hops = String(request.headers["x-forwarded-for"] ?? "").split(",");
  return bucketOf(addressOf(hops.at(-trustedProxies)) ?? peer);
}

/** The address of an entry, which some proxies write with a port; undefined for anything else that stands there. */
function addressOf(hop = ""): string | undefined {
  const bare = hop
    .trim()
    .replace(/^\[(.+)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1");
  return isIP(bare) ? bare.toLowerCase() : undefined;
}

function bucketOf(address: string): string {
  if (address.startsWith("::ffff:")) return address.slice(7);
  return isIPv6(address) ? prefix64(address) : address;
}

function prefix64(address: string): string {
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  const after = tail?.split(":").filter(Boolean) ?? [];
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const whole = [...groups, ...Array<string>(Math.max(0, zeros)).fill("0"), ...after];
  return whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** `remaining` is -1 when the call is one too many; then `retryAfterSec` says when the window ends. */
export type Allowance = { remaining: number; retryAfterSec: number };

export type RateLimit = { take(caller: string): Allowance };

const WINDOW_MS = 60_000;

/** At most `perMin` calls per caller in a window of a minute that starts with the first; `maxCallers` are remembered. */
export function createRateLimit(perMin: number, clock: Clock, maxCallers: number): RateLimit {
  const windows = new Recent<{ used: number; endsMs: number }>(maxCallers);
  return {
    take: (caller) => {
      const now = clock.nowMs();
      let window = windows.get(caller);
      if (!window || window.endsMs <= now) {
        window = { used: 0, endsMs: now + WINDOW_MS };
        windows.set(caller, window);
      }
      if (window.used < perMin) window.used++;
      else return { remaining: -1, retryAfterSec: Math.ceil((window.endsMs - now) / 1000) };
      return { remaining: perMin - window.used, retryAfterSec: 0 };
    },
  };
}
