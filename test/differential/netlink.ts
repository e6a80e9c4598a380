/** Commands that speak netlink, and messages made up to be decoded. */
import type { Case } from "./cases.ts";
import type { Mask } from "./normalise.ts";

/** Sequence numbers begin with the time of day, and ports are pids. */
const masks: readonly Mask[] = [
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
  [/(ndtc_hash_rnd|ndts_lookups|ndts_hits)=\d+/g, "$1=N"],
];

/** Each run has a network of its own: what it holds does not change meanwhile. */
const alone = (script: string): readonly string[] => ["unshare", "-n", "/bin/dash", "-c", script];
const f = ["-f"];
const needs = ["root", "ip", "ss", "tc", "bridge"];
const link =
  "ip link set lo up; ip link add d0 address 02:00:00:00:00:01 type dummy 2>/dev/null; ip link set d0 up 2>/dev/null;";

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
const verbose = ["-v", "-s", "4096", "-e", "trace=sendto"];

export const netlink: readonly Case[] = [
  { name: "ip", argv: ["ip", "-o", "addr", "show", "lo"], needs: ["ip"], masks },
  {
    name: "ip route rule neigh",
    argv: alone(
      `${link} ip route; ip -6 route show table all; ip rule; ip neigh; ip ntable; ip netconf; ip maddr`,
    ),
    options: [...f, "-v"],
    needs,
    masks,
  },
  {
    name: "ip link addr",
    argv: alone(
      `${link} ip addr add 10.0.0.1/24 dev lo; ip addr; ip -s link; ip -d link; ip addrlabel; ip nexthop`,
    ),
    options: [...f, "-s", "512"],
    needs,
    masks,
  },
  {
    name: "ip refused",
    argv: alone(
      "ip route add 10.9.0.0/16 via 10.8.0.1; ip addr del 10.7.0.1/8 dev lo; ip link set nothing up; ip link show nothing",
    ),
    options: f,
    needs,
    masks,
  },
  {
    name: "tc bridge",
    argv: alone(
      "ip link set lo up; tc qdisc show; tc -s qdisc; tc qdisc add dev lo root pfifo; tc filter show dev lo; bridge link; bridge fdb; bridge vlan; bridge mdb",
    ),
    options: f,
    needs,
    masks,
  },
  {
    name: "ss",
    argv: alone("ss -tan; ss -uan; ss -xa; ss -ti; ss -wn; ss -f netlink; ss -0"),
    options: f,
    needs,
    masks,
  },
  { name: "genl", argv: ["genl", "ctrl", "list"], needs: ["genl", "root"], options: ["-s", "64"], masks },
  {
    name: "netlink attributes",
    argv: program(`
send = sends(0)
for t, size in ((16, 16), (20, 8), (24, 12), (28, 12), (32, 12), (36, 20), (48, 4), (64, 4), (72, 12), (80, 4), (84, 8), (88, 4), (92, 12), (104, 8)):
    for family in (0, 2, 7, 10):
        for a in range(0, 49, 1 if family == 2 else 3):
            if (t, a) in ((36, 16), (92, 4)): continue
            for payload in (bytes(range(1, 9)), bytes(3), bytes(40)):
                send(msg(t, 1, bytes([family]) + bytes(size - 1) + nla(a, payload)))
`),
    options: verbose,
    needs: ["/usr/bin/python3"],
    masks,
  },
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
  {
    name: "netlink families",
    argv: program(`
for family in (4, 6, 7, 9, 10, 11, 12, 15, 16):
    try: socket.socket(16, 3, family)
    except OSError: continue
    send = sends(family)
    for t in (2, 16, 17, 18, 20, 21, 0x100, 0x201, 0xa00, 0xa09, 1000, 1300):
        for f in (1, 2, 10, 16):
            for n in (1, 4, 24, 56, 72): send(msg(t, 0x301 if n < 72 else 0, (bytes([f, 6]) + bytes(70))[:n] + nla(n % 7, b"abcd")))
            for a in range(25): send(msg(t, 0, bytes([f, 1]) + bytes({1: 14, 16: 26}.get(f, 70)) + nla(a, bytes(range(8)))))
send = sends(15)
send(b"libudev" + struct.pack(">BI", 0, 0xfeedcafe) + struct.pack("<III", 40, 40, 4) + struct.pack(">IIII", 1, 2, 3, 4) + b"A=b" + bytes(1))
send(b"add@/devices/x")
`),
    options: verbose,
    needs: ["/usr/bin/python3"],
    masks,
  },
];
