/** Calls that kernels no longer have, or never had; their arguments print as numbers. */
import { call, family, hex } from "../types/build.ts";

const two = { arg1: hex, arg2: hex };
const five = { ...two, arg3: hex, arg4: hex, arg5: hex };

export const obsolete = family({
  nfsservctl: call({ ...two, arg3: hex }),
  create_module: call(two),
  get_kernel_syms: call({ table: hex }),
  query_module: call(five),
  epoll_ctl_old: call({ ...two, arg3: hex, arg4: hex }),
  epoll_wait_old: call({ ...two, arg3: hex, arg4: hex }),
});
