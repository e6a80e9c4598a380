/** Credentials, capabilities, and facts about the system. */
import * as F from "../../abi/flags.ts";
import {
  array,
  call,
  family,
  flags,
  gid,
  int,
  out,
  ptr,
  size_t,
  special,
  struct,
  uid,
  uint,
  ulong,
  ushort,
} from "../types/build.ts";

const uids = { classes: "creds" } as const;
/** NGROUPS_MAX of linux/limits.h. */
export const groups = { most: 65536, beyond: "address" } as const;
const charArray = special("char_array");

export const identity = family({
  getuid: call({}, { ret: "int", classes: "creds pure" }),
  geteuid: call({}, { ret: "int", classes: "creds pure" }),
  getgid: call({}, { ret: "int", classes: "creds pure" }),
  getegid: call({}, { ret: "int", classes: "creds pure" }),
  setuid: call({ uid }, uids),
  setgid: call({ gid }, uids),
  setreuid: call({ ruid: uid, euid: uid }, uids),
  setregid: call({ rgid: gid, egid: gid }, uids),
  setresuid: call({ ruid: uid, euid: uid, suid: uid }, uids),
  setresgid: call({ rgid: gid, egid: gid, sgid: gid }, uids),
  getresuid: call({ ruid: out(ptr(uid)), euid: out(ptr(uid)), suid: out(ptr(uid)) }, uids),
  getresgid: call({ rgid: out(ptr(gid)), egid: out(ptr(gid)), sgid: out(ptr(gid)) }, uids),
  setfsuid: call({ fsuid: uid }, uids),
  setfsgid: call({ fsgid: gid }, uids),
  getgroups: call({ size: int, list: out(array(gid, { ret: true }, groups)) }, uids),
  setgroups: call({ size: int, list: array(gid, "size", groups) }, uids),
  capget: call({ hdrp: special("cap_header", 8), datap: out(special("cap_data", 24)) }, uids),
  capset: call({ hdrp: special("cap_header", 8), datap: special("cap_data", 24) }, uids),
  uname: call({
    buf: out(
      ptr(
        struct(
          "utsname",
          {
            sysname: charArray,
            nodename: charArray,
            release: charArray,
            version: charArray,
            machine: charArray,
            domainname: charArray,
          },
          ["sysname", "nodename"],
        ),
      ),
    ),
  }),
  sysinfo: call({
    info: out(
      ptr(
        struct("sysinfo", {
          uptime: ulong,
          loads: special("ulong3"),
          totalram: ulong,
          freeram: ulong,
          sharedram: ulong,
          bufferram: ulong,
          totalswap: ulong,
          freeswap: ulong,
          procs: ushort,
          totalhigh: ulong,
          freehigh: ulong,
          mem_unit: uint,
        }),
      ),
    ),
  }),
  getrandom: call(
    { buf: out(special("hex_returned")), buflen: size_t, flags: flags(F.getrandom_flags) },
    { ret: "long", wait: "entropy" },
  ),
});
