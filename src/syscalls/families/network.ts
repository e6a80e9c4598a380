/** Sockets. */
import * as F from "../../abi/flags.ts";
import {
  addr,
  array,
  call,
  family,
  fd,
  flags,
  inout,
  int,
  message,
  oneOf,
  out,
  size_t,
  sockaddr,
  sockaddrOut,
  special,
  uint,
  ulong,
} from "../types/build.ts";

const sockType = special("socket_type");
/** The length of the address in an argument. */
const socklen = (of?: number) => inout(special("socklen", 4, of));
const network = { classes: "network" } as const;

export const sockets = family({
  socket: call(
    { domain: oneOf(F.address_families), type: sockType, protocol: special("socket_protocol") },
    { ret: "fd", classes: "network" },
  ),
  socketpair: call(
    {
      domain: oneOf(F.address_families),
      type: sockType,
      protocol: ulong,
      sv: out(array(fd, 2)),
    },
    network,
  ),
  bind: call({ sockfd: fd, addr: sockaddr("addrlen"), addrlen: int }, network),
  connect: call(
    { sockfd: fd, addr: sockaddr("addrlen"), addrlen: int },
    { classes: "network", wait: "network" },
  ),
  listen: call({ sockfd: fd, backlog: int }, network),
  accept: call(
    { sockfd: fd, addr: out(sockaddrOut("addrlen")), addrlen: socklen(1) },
    { ret: "fd", classes: "network", wait: "network" },
  ),
  accept4: call(
    { sockfd: fd, addr: out(sockaddrOut("addrlen")), addrlen: socklen(1), flags: flags(F.socket_type_flags) },
    { ret: "fd", classes: "network", wait: "network" },
  ),
  getsockname: call({ sockfd: fd, addr: out(sockaddrOut("addrlen")), addrlen: socklen(1) }, network),
  getpeername: call({ sockfd: fd, addr: out(sockaddrOut("addrlen")), addrlen: socklen(1) }, network),
  sendto: call(
    {
      sockfd: fd,
      buf: message({ arg: "len" }),
      len: size_t,
      flags: flags(F.msg_flags),
      dest_addr: sockaddr("addrlen"),
      addrlen: int,
    },
    { ret: "long", classes: "network", wait: "network" },
  ),
  recvfrom: call(
    {
      sockfd: fd,
      buf: out(message({ ret: true, max: "len" })),
      len: size_t,
      flags: flags(F.msg_flags),
      src_addr: out(sockaddrOut("addrlen")),
      addrlen: socklen(4),
    },
    { ret: "long", classes: "network", wait: "network" },
  ),
  sendmsg: call(
    { sockfd: fd, msg: special("msghdr", 56), flags: flags(F.msg_flags) },
    { ret: "long", classes: "network", wait: "network" },
  ),
  recvmsg: call(
    { sockfd: fd, msg: inout(special("msghdr_out", 56)), flags: flags(F.msg_flags) },
    { ret: "long", classes: "network", wait: "network" },
  ),
  sendmmsg: call(
    {
      sockfd: fd,
      msgvec: inout(special("mmsghdr", undefined, "sent")),
      vlen: uint,
      flags: flags(F.msg_flags),
    },
    { classes: "network", wait: "network" },
  ),
  recvmmsg: call(
    {
      sockfd: fd,
      msgvec: inout(special("mmsghdr", undefined, "received")),
      vlen: uint,
      flags: flags(F.msg_flags),
      timeout: special("timeout_before", 16),
    },
    { classes: "network", wait: "network", aux: "recvmmsg" },
  ),
  shutdown: call({ sockfd: fd, how: oneOf(F.shutdown_modes) }, network),
  setsockopt: call(
    {
      sockfd: fd,
      level: oneOf(F.socket_levels),
      optname: special("sockopt_name"),
      optval: special("sockopt_value", 64),
      optlen: int,
    },
    network,
  ),
  getsockopt: call(
    {
      sockfd: fd,
      level: oneOf(F.socket_levels),
      optname: special("sockopt_name"),
      optval: out(special("sockopt_result", 64)),
      optlen: socklen(),
    },
    network,
  ),
  socketcall: call({ call: int, args: addr }, network),
});
