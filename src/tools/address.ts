import { BlockList, isIPv6 } from "node:net";

// addresses that are nobody's public server (IANA special-purpose registries), and cloud metadata with them
const RANGES: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 127, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

let blocked: BlockList | undefined;

/** Whether an IP address lies outside the public internet; an IPv4 address inside an IPv6 one counts as itself. */
export function isPrivate(address: string): boolean {
  blocked ??= blockList();
  const bare = address.replace(/%.*$/, "");
  const mapped = mappedIpv4(bare);
  if (mapped !== undefined) return blocked.check(mapped, "ipv4");
  return blocked.check(bare, isIPv6(bare) ? "ipv6" : "ipv4");
}

function blockList(): BlockList {
  const list = new BlockList();
  for (const [net, prefix, family] of RANGES) list.addSubnet(net, prefix, family);
  return list;
}

// ::ffff:a.b.c.d and ::ffff:xxxx:xxxx
function mappedIpv4(address: string): string | undefined {
  const rest = /^(?:::|0:0:0:0:0:)ffff:(.+)$/i.exec(address)?.[1];
  if (rest === undefined || rest.includes(".")) return rest;
  const [high = 0, low = 0] = rest.split(":").map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
