import { BlockList, isIP } from "node:net";

/** Special-purpose IPv4 networks (IANA registry), and the platform address of one cloud that lies outside of them. */
const BLOCKED_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

/** Global unicast is the only IPv6 that is let through: IPv4-mapped, NAT64, local and multicast all lie outside. */
const GLOBAL_V6 = "2000::/3";

/** Inside global unicast: Teredo and its siblings, documentation, 6to4, documentation again. */
const BLOCKED_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const v4 = listOf(BLOCKED_V4, "ipv4");
const v6 = listOf(BLOCKED_V6, "ipv6");
const global = listOf([GLOBAL_V6], "ipv6");

/** Whether an address is anything but plain public internet. What is no address at all counts as blocked. */
export function isBlocked(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return v4.check(address, "ipv4");
  if (family === 6 && !address.includes("%")) return !global.check(address, "ipv6") || v6.check(address, "ipv6");
  return true;
}

function listOf(networks: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix = ""] = network.split("/");
    list.addSubnet(address, Number(prefix), family);
  }
  return list;
}
