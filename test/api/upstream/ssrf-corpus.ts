import type { Reason } from "../../../api/providers/upstream/rules.ts";

/** `https://` unless the text brings its own scheme. */
export type Vector = readonly [url: string, reason: Reason];

const LITERALS_V4 = [
  [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0",
    "0.0.0.0",
    "0.1.2.3",
    "2130706433",
    "017700000001",
  ],
  ["0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.1", "0x7F.0x0.0x0.0x1", "127.0.0.0x1", "00000177.0.0.1"],
  ["10.0.0.1", "10.255.255.255", "012.0.0.1", "0xa.0.0.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  ["192.168.1.254", "0xc0a80001", "3232235521", "100.64.0.1", "100.127.255.255", "100.100.100.200", "169.254.169.254"],
  [
    "169.254.170.2",
    "169.254.0.1",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.43518",
    "0xa9.254.169.0376",
  ],
  [
    "168.63.129.16",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
  ],
  ["203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "4294967295", "%31%32%37.0.0.1"],
  // Digits and dots of other scripts, which the parser folds into plain ones.
  [
    "１２７.０.０.１",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "①②⑦.⓪.⓪.①",
    "𝟙𝟚𝟟.𝟘.𝟘.𝟙",
    "１６９。２５４。１６９。２５４",
  ],
].flat();

const LITERALS_V6 = [
  ["::1", "::", "0:0:0:0:0:0:0:1", "0000::0001", "::127.0.0.1", "::7f00:1", "::a9fe:a9fe", "::ffff:127.0.0.1"],
  [
    "::ffff:7f00:1",
    "::ffff:0:127.0.0.1",
    "::FFFF:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "0:0:0:0:0:ffff:c0a8:1",
  ],
  [
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
  ],
  ["2002:c0a8:0101::1", "2001::1", "2001:0:7f00:1::", "2001:0:53aa:64c:0:5efe:5601:5601", "2001:10::1", "2001:20::1"],
  [
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::a9fe:a9fe",
  ],
  ["fec0::1", "ff02::1", "ff05::1:3", "4000::1", "8000::1", "e000::1"],
].flat();

const UNREADABLE = [
  [
    "",
    " ",
    "https:",
    "https://",
    "https:///",
    "//example.com/",
    "/relative",
    "example.com",
    "not a url",
    "https://exa mple.com/",
  ],
  [
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1",
    "https://[::ffff:127.0.0.1.5]/",
    "https://256.0.0.1/",
  ],
  [
    "https://1.2.3.4.5/",
    "https://0x100000000/",
    "https://example.com:99999/",
    "https:\\\\127.0.0.1\\",
    "https://example.com\\@127.0.0.1/",
  ],
  [
    "https:/127.0.0.1/",
    "https:127.0.0.1",
    " https://127.0.0.1/",
    "https://127.0.0.1/\n",
    "ht\ntps://127.0.0.1/",
    "https://127.0.0.1\t/",
  ],
  ["https://example.com/\u0000", "https://%00.example.com/", "https://exa<mple.com/"],
].flat();

const LOCAL_NAMES = [
  [
    "localhost",
    "LOCALHOST",
    "localHost",
    "foo.localhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "local%68ost",
    "ip6-localhost",
    "broadcasthost",
    "router",
  ],
  [
    "printer.local",
    "nas.lan",
    "db.internal",
    "metadata.google.internal",
    "METADATA.google.internal",
    "metadata",
    "vault.corp",
  ],
  [
    "gate.home.arpa",
    "intra.intranet",
    "box.home",
    "x.private",
    "kubernetes.default.svc.cluster.local",
    "host.docker.internal",
  ],
  ["a.test", "a.invalid", "abcdef.onion", "localhost.localdomain", "x.alt"],
].flat();

const of = (hosts: readonly string[], reason: Reason): Vector[] => hosts.map((host) => [`https://${host}/`, reason]);
const whole = (urls: readonly string[], reason: Reason): Vector[] => urls.map((url) => [url, reason]);

/** Refused by the rules alone, without a look-up. */
export const REFUSED: readonly Vector[] = [
  ...of(LITERALS_V4, "private_address"),
  ...of(
    LITERALS_V6.map((address) => `[${address}]`),
    "private_address",
  ),
  ...whole(UNREADABLE, "malformed"),
  ...of(LOCAL_NAMES, "local_name"),
  ...of(
    [
      "localhost.",
      "127.0.0.1.example.com.",
      "example.com.",
      "metadata.google.internal.",
      "example.com..",
      "turnpike.example.org.",
    ],
    "trailing_dot",
  ),
  ...of(
    [
      "user@example.com",
      "user:pass@example.com",
      ":@example.com",
      "@example.com",
      "example.com@127.0.0.1",
      "127.0.0.1@example.com",
    ],
    "userinfo",
  ),
  ...of(["user%40x@example.com", "example.com:443@127.0.0.1", "a:b@[::1]"], "userinfo"),
  ...of(
    ["example.com:80", "example.com:8443", "example.com:22", "example.com:25", "example.com:6379", "example.com:0"],
    "port",
  ),
  ...of(
    ["example.com:65535", "93.184.216.34:5432", "[2606:4700::1111]:9200", "example.com:8080", "example.com:00080"],
    "port",
  ),
  ...of(
    ["turnpike.example.org", "TURNPIKE.example.org", "turnpike.example.org:443", "turnpike.example.org:8402"],
    "own_host",
  ),
  ...whole(
    ["http://example.com/", "http://example.com:443/", "http://127.0.0.1/", "ftp://example.com/", "file:///etc/passwd"],
    "scheme",
  ),
  ...whole(
    ["gopher://127.0.0.1:6379/_FLUSHALL", "data:text/plain,x", "javascript:alert(1)", "blob:https://example.com/x"],
    "scheme",
  ),
  ...whole(
    [
      "ws://example.com/",
      "wss://example.com/",
      "jar:https://example.com!/",
      "dict://127.0.0.1:11211/stat",
      "ldap://127.0.0.1/",
    ],
    "scheme",
  ),
  [`https://example.com/${"a".repeat(2_048)}`, "too_long"],
];
