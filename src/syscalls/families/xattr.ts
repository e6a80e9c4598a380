/** Extended attributes: setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their l, f and at forms. */
import * as F from "../../abi/flags.ts";
import {
  call,
  cstring,
  dirfd,
  family,
  fd,
  flags,
  out,
  path,
  returned,
  size_t,
  special,
} from "../types/build.ts";

const file = { classes: "file" } as const;
const desc = { classes: "desc" } as const;
const both = { classes: "desc file" } as const;
const sized = <T extends object>(of: T) => ({ ...of, ret: "long" }) as const;
const set = { name: cstring, value: special("xattr_value"), size: size_t, flags: flags(F.xattr_flags) };
const get = { name: cstring, value: out(special("xattr_value")), size: size_t };
const list = { list: out(special("xattr_list")), size: size_t };
const atFlags = flags(F.xattrat_flags);
const args = special("xattr_args", 16);

export const xattrs = family({
  setxattr: call({ path, ...set }, file),
  lsetxattr: call({ path, ...set }, file),
  fsetxattr: call({ fd, ...set }, desc),
  getxattr: call({ path, ...get }, sized(file)),
  lgetxattr: call({ path, ...get }, sized(file)),
  fgetxattr: call({ fd, ...get }, sized(desc)),
  listxattr: call({ path, ...list }, sized(file)),
  llistxattr: call({ path, ...list }, sized(file)),
  flistxattr: call({ fd, ...list }, sized(desc)),
  removexattr: call({ path, name: cstring }, file),
  lremovexattr: call({ path, name: cstring }, file),
  fremovexattr: call({ fd, name: cstring }, desc),
  setxattrat: call({ dirfd, path, at_flags: atFlags, name: cstring, args, size: size_t }, both),
  getxattrat: call(
    { dirfd, path, at_flags: atFlags, name: cstring, args: out(special("xattr_args", 16)), size: size_t },
    sized(both),
  ),
  listxattrat: call(
    { dirfd, path, at_flags: atFlags, list: out(returned("size")), size: size_t },
    sized(both),
  ),
  removexattrat: call({ dirfd, path, at_flags: atFlags, name: cstring }, both),
});
