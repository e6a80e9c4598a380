/** Names of socket options by level. */
import type { FlagSet } from "../../abi/flags.ts";
import * as F from "../../abi/flags.ts";
import { enumName } from "../flags.ts";

/** Sets in the order they are searched: both ways, getsockopt(2)'s own, setsockopt(2)'s own. */
interface Level {
  readonly both: FlagSet;
  readonly get?: FlagSet;
  readonly set?: FlagSet;
}

const only = (both: FlagSet): Level => ({ both });
const levels: ReadonlyMap<number, Level> = new Map([
  [
    1,
    {
      both: F.socket_options,
      get: { name: "get", fallback: "SO_???", entries: [[26, "SO_GET_FILTER"]] },
      set: { name: "set", fallback: "SO_???", entries: [[26, "SO_ATTACH_FILTER"]] },
    },
  ],
  [0, { both: F.sock_ip_options, get: F.sock_ip_get_options, set: F.sock_ip_set_options }],
  [6, only(F.tcp_options)],
  [17, only(F.udp_options)],
  // VMware's sockets take the address family for a level
  [40, only(F.sock_vsock_options)],
  [41, { both: F.sock_ipv6_options, get: F.sock_ipv6_get_options, set: F.sock_ipv6_set_options }],
  [101, only(F.sock_can_raw_options)],
  [132, only(F.sock_sctp_options)],
  [255, only(F.raw_options)],
  [256, only(F.sock_ipx_options)],
  [257, only(F.sock_ax25_options)],
  [263, only(F.sock_packet_options)],
  [266, only(F.sock_irda_options)],
  [268, only(F.sock_llc_options)],
  [269, only(F.sock_dccp_options)],
  [270, only(F.netlink_options)],
  [271, only(F.sock_tipc_options)],
  [272, only(F.sock_rxrpc_options)],
  [273, only(F.sock_pppol2tp_options)],
  [274, only(F.sock_bluetooth_options)],
  [275, only(F.sock_pnpipe_options)],
  [276, only(F.sock_rds_options)],
  [277, only(F.sock_iucv_options)],
  [278, only(F.sock_caif_options)],
  [279, only(F.sock_alg_options)],
  [280, only(F.sock_nfc_options)],
  [281, only(F.sock_kcm_options)],
  [282, only(F.sock_tls_options)],
  [283, only(F.sock_xdp_options)],
]);

/** The name of an option; a level whose options have no names is undefined, `name` undefined an unknown option. */
export function optionName(
  level: number,
  option: number,
  getting: boolean,
): { readonly name: string | undefined; readonly fallback: string } | undefined {
  const found = levels.get(level);
  if (!found) return undefined;
  const own = getting ? found.get : found.set;
  const name = enumName(found.both, option) ?? (own && enumName(own, option));
  return { name, fallback: found.both.fallback };
}
