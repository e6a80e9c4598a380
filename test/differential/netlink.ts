/** Commands that speak netlink, and messages made up to be decoded. */
import type { Case } from "./cases.ts";
import { deaths } from "./known.ts";
import type { Mask } from "./normalise.ts";

/** Sequence numbers begin with the time of day, and ports are pids. */
const masks: readonly Mask[] = [
  [/(st_ino=)\d+(, st_mode=S_IFSOCK)/g, "$1N$2"],
  [/nl_pid=-?\d{3,}/g, "nl_pid=N"],
  [/nlmsg_(seq|pid)=-?\d{3,}/g, "nlmsg_$1=N"],
  [/(IFLA_(?:PERM_)?ADDRESS\}), [0-9a-f:]+/g, "$1, MAC"],
  [/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "MAC"],
  [
    /(udiag_ino|udiag_cookie|udiag_vfs_ino|idiag_inode|idiag_cookie|ndiag_ino|ndiag_cookie)=(\[[^\]]*\]|\d+)/g,
    "$1=N",
  ],
  [/(ndiag_portid|udiag_vfs_dev)=[^,}]*/g, "$1=N"],
  [/(UNIX_DIAG_PEER\}), \d+/g, "$1, N"],
  [/(_CGROUP_ID\}), \d+/g, "$1, N"],
  [
    /((?:cstamp|tstamp|ndm_confirmed|ndm_used|ndm_updated|ndtc_last_flush|ndtc_last_rand|ndtc_hash_rnd|ifa_prefered|ifa_valid)=)\d+/g,
    "$1T",
  ],
  [/\b([rt]x_\w+|multicast|nda_\w+|ndtc_entries)=\d+/g, "$1=N"],
  [/(ndtc_hash_rnd|ndts_\w+)=\d+/g, "$1=N"],
  // drawn anew every five minutes
  [/(NDTPA_REACHABLE_TIME\}), \d+/g, "$1, N"],
];

const dash = (script: string): readonly string[] => ["/bin/dash", "-c", script];
const f = ["-f"];
const needs = ["root", "ip", "ss", "tc", "bridge"];
/** Sends bytes through a netlink socket, the kernel refusing each: MSG_OOB is not for netlink. */
const sender = `import socket, struct, sys
def msg(t, flags=1, payload=b"", length=None):
    return struct.pack("<IHHII", 16 + len(payload) if length is None else length, t, flags, 7, 0) + payload
def nla(t, payload, length=None):
    return struct.pack("<HH", 4 + len(payload) if length is None else length, t) + payload + bytes(-len(payload) % 4)
def sends(family):
    try: s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
    except OSError: sys.exit()
    s.bind((0, 0))
    def send(data):
        try: s.sendto(data, socket.MSG_OOB, (0, 0))
        except OSError: pass
    return send
`;
const program = (text: string): readonly string[] => ["/usr/bin/python3", "-I", "-S", "-c", sender + text];

export const netlink: readonly Case[] = [
  { name: "ip", argv: ["ip", "-o", "addr", "show", "lo"], needs: ["ip"], masks },
  {
    name: "ip route rule",
    argv: dash("ip -6 route show table local; ip rule; ip ntable; ip addrlabel; ip nexthop; ip -6 rule"),
    options: f,
    needs,
    masks,
    differs: [
      deaths,
      { why: "interfaces count what passes, and age, between the two runs", line: /RTM_NEWLINK/ },
    ],
  },
  {
    name: "ip refused",
    argv: dash("ip addr del 10.7.0.1/8 dev lo; ip link set nothing up; ip link show nothing"),
    options: f,
    needs,
    masks,
    differs: [deaths],
  },
  {
    name: "tc bridge",
    argv: dash("tc qdisc show dev lo; bridge fdb; bridge mdb"),
    options: f,
    needs,
    masks,
    differs: [deaths],
  },
  {
    name: "ss nothing",
    argv: dash("ss -tn sport = :1; ss -un sport = :1; ss -w sport = :1"),
    options: f,
    needs,
    masks,
    differs: [deaths],
  },
  { name: "genl", argv: ["genl", "ctrl", "list"], needs: ["genl", "root"], options: ["-s", "64"], masks },
  {
    name: "netlink oddities",
    argv: program(`
send = sends(0)
header = bytes([2]) + bytes(11)
for n in (1, 2, 15): send(msg(16)[:n])
for n in (0, 15, 17, 24, 1000, 0x7fffffff, 0xffffffff): send(msg(24, 1, header, n)); send(msg(24, 1, header, n) + msg(24, 1, header))
for n in (0, 1, 3, 4, 5, 9, 200, 65535): send(msg(24, 1, header + nla(1, b"abcd", n) + nla(5, b"abcd")))
for t in (0, 1, 2, 3, 4, 5, 15, 60, 90, 200, 65535): send(msg(t, 0xffff, b"abcd")); send(msg(t))
for e in (0, -22, -200, 5): send(msg(2, 0x200, struct.pack("<i", e) + msg(24, 5, header) + nla(1, b"message" + bytes(1)) + nla(2, bytes(4))))
send(msg(2, 0x300, struct.pack("<i", -1) + msg(24, 5) + nla(1, b"unended") + nla(9, b"x")))
send(msg(16) * 40)
for size in range(17): send(msg(16, 1, bytes(size)))
deep = b"abcd"
for i in range(12): deep = nla(26 if i % 2 else 18, deep)
send(msg(16, 1, bytes(16) + deep))
`),
    options: ["-e", "trace=sendto"],
    needs: ["/usr/bin/python3"],
    masks,
  },
];
