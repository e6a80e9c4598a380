/** Commands of sockets and network interfaces (netdevice(7)) and bridges. */
import * as F from "../../../abi/flags.ts";
import { flags, special, struct } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { type Command, each, grown, reads, record } from "./command.ts";
import { interfaces } from "./vectors.ts";

const types: Readonly<Record<string, Type>> = {
  flags: flags(F.interface_flags),
  address: special("interface_address"),
  hardware: special("hardware_address"),
  map: record("ifmap", "mem_start:hex mem_end:hex base_addr:hex irq:hex dma:hex port:hex"),
};
const name = record("ifreq", "ifr_name:text");
const asks = (fields: string): Command => grown(name, record("ifreq", fields, types));
const sets = (fields: string): Command => reads(record("ifreq", `ifr_name:text ${fields}`, types));

export const network: Readonly<Record<string, Command>> = {
  SIOCGIFNAME: grown(record("ifreq", "ifr_ifindex"), name),
  SIOCGIFCONF: interfaces,
  SIOCGIFFLAGS: asks("ifr_flags:flags"),
  SIOCSIFFLAGS: sets("ifr_flags:flags"),
  SIOCGIFADDR: asks("ifr_addr:address"),
  SIOCSIFADDR: sets("ifr_addr:address"),
  SIOCGIFDSTADDR: asks("ifr_dstaddr:address"),
  SIOCSIFDSTADDR: sets("ifr_dstaddr:address"),
  SIOCGIFBRDADDR: asks("ifr_broadaddr:address"),
  SIOCSIFBRDADDR: sets("ifr_broadaddr:address"),
  SIOCGIFNETMASK: asks("ifr_netmask:address"),
  SIOCSIFNETMASK: sets("ifr_netmask:address"),
  SIOCGIFMETRIC: asks("ifr_metric"),
  SIOCSIFMETRIC: sets("ifr_metric"),
  SIOCGIFMTU: asks("ifr_mtu"),
  SIOCSIFMTU: sets("ifr_mtu"),
  SIOCSIFNAME: sets("ifr_newname:text"),
  SIOCGIFHWADDR: asks("ifr_hwaddr:hardware"),
  ...each("SIOCSIFHWADDR SIOCSIFHWBROADCAST SIOCADDMULTI SIOCDELMULTI", sets("ifr_hwaddr:hardware")),
  SIOCGIFSLAVE: asks("ifr_slave:text"),
  SIOCSIFSLAVE: sets("ifr_slave:text"),
  SIOCGIFINDEX: asks("ifr_ifindex"),
  SIOCGIFTXQLEN: asks("ifr_qlen"),
  SIOCSIFTXQLEN: sets("ifr_qlen"),
  SIOCGIFMAP: asks("ifr_map:map"),
  SIOCSIFMAP: sets("ifr_map:map"),
  ...each("SIOCBRADDBR SIOCBRDELBR", { kind: "in", type: { kind: "cstring", max: 16 } }),
  ...each("SIOCBRADDIF SIOCBRDELIF", reads(struct("ifreq", { ifr_ifindex: { kind: "uint" } }))),
};
