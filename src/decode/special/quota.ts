/** quotactl(2) and quotactl_fd(2): what the last arguments are depends on the command. */
import * as F from "../../abi/flags.ts";
import { flags, int, oneOf, ptr, struct, uint, ulong } from "../../syscalls/types/build.ts";
import type { Type } from "../../syscalls/types/types.ts";
import { compile } from "../compile.ts";
import type { Context } from "../context.ts";
import { enumName, hexText, printEnum } from "../flags.ts";
import { printPath } from "../pointers.ts";
import { registerCall } from "../walker.ts";

const blockFields = {
  dqb_bhardlimit: ulong,
  dqb_bsoftlimit: ulong,
  dqb_curspace: ulong,
  dqb_ihardlimit: ulong,
  dqb_isoftlimit: ulong,
  dqb_curinodes: ulong,
  dqb_btime: ulong,
  dqb_itime: ulong,
  dqb_valid: flags(F.quota_valid),
};
const blockShort = Object.keys(blockFields).slice(0, 6);
const block = struct("if_dqblk", blockFields, blockShort);
const nextBlock = struct("if_nextdqblk", { ...blockFields, dqb_id: uint }, [...blockShort, "dqb_id"]);
const info = struct("if_dqinfo", {
  dqi_bgrace: ulong,
  dqi_igrace: ulong,
  dqi_flags: flags(F.quota_info_flags),
  dqi_valid: flags(F.quota_info_valid),
});

const diskFields = {
  d_version: int,
  d_flags: flags(F.xfs_dqblk_flags),
  d_fieldmask: uint,
  d_id: uint,
  d_blk_hardlimit: ulong,
  d_blk_softlimit: ulong,
  d_ino_hardlimit: ulong,
  d_ino_softlimit: ulong,
  d_bcount: ulong,
  d_icount: ulong,
  d_itimer: int,
  d_btimer: int,
  d_iwarns: int,
  d_bwarns: int,
  d_rtb_hardlimit: ulong,
  d_rtb_softlimit: ulong,
  d_rtbcount: ulong,
  d_rtbtimer: int,
  d_rtbwarns: int,
};
const disk = struct("fs_disk_quota", diskFields, Object.keys(diskFields).slice(0, 10));
const status = struct(
  "fs_quota_stat",
  {
    qs_version: int,
    qs_flags: flags(F.xfs_quota_flags),
    qs_incoredqs: uint,
    qs_btimelimit: int,
    qs_itimelimit: int,
  },
  ["qs_version"],
);
const statusV = struct(
  "fs_quota_statv",
  {
    qs_version: int,
    qs_flags: flags(F.xfs_quota_flags),
    qs_incoredqs: uint,
    qs_btimelimit: int,
    qs_itimelimit: int,
  },
  ["qs_version"],
);

interface Command {
  /** The identity argument is present, as a uid or the format of a quota file. */
  readonly id?: "uid" | "format";
  readonly addr?: Type | "path";
  readonly out?: boolean;
}

const xfsFlags: Command = { addr: ptr(flags(F.xfs_quota_flags)) };
const commands: Readonly<Record<string, Command>> = {
  Q_SYNC: {},
  Q_QUOTAON: { id: "format", addr: "path" },
  Q_QUOTAOFF: {},
  Q_GETFMT: { addr: ptr(oneOf(F.quota_formats)), out: true },
  Q_GETINFO: { addr: ptr(info), out: true },
  Q_SETINFO: { addr: ptr(info) },
  Q_GETQUOTA: { id: "uid", addr: ptr(block), out: true },
  Q_SETQUOTA: { id: "uid", addr: ptr(block) },
  Q_GETNEXTQUOTA: { id: "uid", addr: ptr(nextBlock), out: true },
  Q_XQUOTAON: xfsFlags,
  Q_XQUOTAOFF: xfsFlags,
  Q_XQUOTARM: xfsFlags,
  Q_XQUOTASYNC: {},
  Q_XGETQUOTA: { id: "uid", addr: ptr(disk), out: true },
  Q_XGETNEXTQUOTA: { id: "uid", addr: ptr(disk), out: true },
  Q_XSETQLIM: { id: "uid", addr: ptr(disk) },
  Q_XGETQSTAT: { addr: ptr(status), out: true },
  Q_XGETQSTATV: { addr: ptr(statusV), out: true },
};
const unknown: Command = { id: "uid", addr: { kind: "addr" } };

function commandOf(word: number): Command {
  const name = enumName(F.quota_cmds, word >>> 8);
  return (name && commands[name]) || unknown;
}

function commandText(word: number): string {
  const op = word >>> 8;
  const type = word & 0xff;
  const name = enumName(F.quota_cmds, op) ?? `${op === 0 ? "0" : hexText(op, 0)} /* Q_??? */`;
  const kind = enumName(F.quota_types, type) ?? `0x${type.toString(16)} /* ???QUOTA */`;
  return `QCMD(${name}, ${kind})`;
}

const uid = compile({ kind: "uid" });

function printAddress(c: Context, command: Command, index: number): void {
  if (command.addr === undefined) return;
  c.sink.arg("addr");
  const lo = c.argLo(index);
  const hi = c.argHi(index);
  if (command.addr === "path") printPath(c, lo, hi);
  else compile(command.addr).value(c, lo, hi);
}

function register(name: string, commandArg: number, target: (c: Context, first: boolean) => void): void {
  registerCall(name, {
    enter(c) {
      const word = c.argLo(commandArg);
      const command = commandOf(word);
      target(c, true);
      c.sink.arg("op");
      c.sink.xlat(word, 0, commandText(word), "", "unsigned");
      target(c, false);
      if (command.id) {
        c.sink.arg("id");
        if (command.id === "format") printEnum(c, F.quota_formats, c.argLo(2));
        else uid.value(c, c.argLo(2), 0);
      }
      if (command.out) return false;
      printAddress(c, command, 3);
      return true;
    },
    exit(c) {
      const command = commandOf(c.argLo(commandArg));
      if (command.out) printAddress(c, command, 3);
    },
  });
}

register("quotactl", 0, (c, first) => {
  if (first) return;
  c.sink.arg("special");
  printPath(c, c.argLo(1), c.argHi(1));
});
const fd = compile({ kind: "fd" });
register("quotactl_fd", 1, (c, first) => {
  if (!first) return;
  c.sink.arg("fd");
  fd.value(c, c.argLo(0), c.argHi(0));
});
