/** Commands of btrfs (linux/btrfs.h). */
import * as F from "../../../abi/flags.ts";
import { fd, flags64, oneOf, oneOf64, special } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { dateComment, secondOf } from "../../dates.ts";
import { addHi, addLo, follow, printArray, printPath } from "../../pointers.ts";
import { pointerWalker, registerValue } from "../../walker.ts";
import { objects, search } from "./btrfs-search.ts";
import { both, boxed, type Command, each, none, reads, record, value, writes } from "./command.ts";
import {
  bitsOf,
  body,
  fields,
  following,
  number,
  offsetOf,
  own,
  type Part,
  sizeOf,
  staged,
  verbose,
  when,
} from "./parts.ts";

const u64 = boxed(special("u64"));
const types: Readonly<Record<string, Type>> = {
  objects,
  subvolume: flags64(F.btrfs_subvolume_flags),
};

const filter = record(
  "btrfs_balance_args",
  "profiles:groups usage:max64 devid:dev pstart:max64 pend:max64 vstart:max64 vend:max64 target:max64 flags:flags",
  { groups: flags64(F.btrfs_block_groups), flags: flags64(F.btrfs_balance_filters) },
);
const balanceArgs = "btrfs_ioctl_balance_args";
const balanceHas = (bit: number) => (c: Context, at: number) =>
  (bitsOf(balanceArgs, "flags")(c, at) & bit) !== 0;
const balance = (done: boolean): Type =>
  body(
    balanceArgs,
    fields(balanceArgs, "flags:flags", { flags: flags64(F.btrfs_balance_flags) }),
    when(() => done, fields(balanceArgs, "state:state", { state: flags64(F.btrfs_balance_states) })),
    when(balanceHas(1), fields(balanceArgs, "data:filter", { filter })),
    when(balanceHas(4), fields(balanceArgs, "meta:filter", { filter })),
    when(balanceHas(2), fields(balanceArgs, "sys:filter", { filter })),
  );

const feature = record(
  "btrfs_ioctl_feature_flags",
  "compat_flags:compat compat_ro_flags:ro incompat_flags:incompat",
  {
    compat: flags64(F.btrfs_compatible),
    ro: flags64(F.btrfs_compatible_ro),
    incompat: flags64(F.btrfs_incompatible),
  },
);
/** Several sets of features, each with what it is about. */
registerValue("btrfs_features", (data) => {
  const comments = data as readonly string[];
  return {
    size: (c) => comments.length * compile(feature).size(c),
    value: (c, lo, hi) => c.sink.hex(lo, hi),
    memory(c, at) {
      c.sink.openArray();
      comments.forEach((comment, i) => {
        c.sink.item();
        compile(feature).memory(c, at + i * compile(feature).size(c));
        if (comment) c.sink.comment(comment);
      });
      c.sink.closeArray();
    },
  };
});

const limit = record("btrfs_qgroup_limit", "flags:flags max_rfer max_excl rsv_rfer rsv_excl", {
  flags: flags64(F.btrfs_limit_flags),
});
const INHERIT = "btrfs_qgroup_inherit";
registerValue("btrfs_inherit", () =>
  pointerWalker((c, lo, hi) => {
    const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, sizeOf(c, INHERIT));
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const count = number(INHERIT, "num_qgroups")(c, at);
    const start = offsetOf(c, INHERIT, "qgroups");
    c.sink.openStruct();
    fields(INHERIT, "flags:flags num_qgroups num_ref_copies num_excl_copies lim:limit", {
      flags: flags64(F.btrfs_inherit_flags),
      limit,
    })(c, at);
    verbose((k) => {
      k.sink.field("qgroups");
      printArray(k, compile(special("u64")), addLo(lo, start), addHi(lo, hi, start), count);
    })(c, at);
    c.sink.closeStruct();
  }),
);

const VOLUME = "btrfs_ioctl_vol_args_v2";
const QGROUP_INHERIT = 4;
const volume = body(
  VOLUME,
  fields(VOLUME, "fd:fd flags:subvolume", types),
  when(
    (c, at) => (bitsOf(VOLUME, "flags")(c, at) & QGROUP_INHERIT) !== 0,
    fields(VOLUME, "size qgroup_inherit:inherit", { inherit: special("btrfs_inherit") }),
  ),
  fields(VOLUME, "name:text"),
);

const DEVICE = "btrfs_ioctl_dev_info_args";
const FS = "btrfs_ioctl_fs_info_args";
const infoHas = (bit: number) => (c: Context, at: number) => (bitsOf(FS, "flags")(c, at) & bit) !== 0;

const REPLACE = "btrfs_ioctl_dev_replace_args";
const START = "btrfs_ioctl_dev_replace_start_params";
const STATUS = "btrfs_ioctl_dev_replace_status_params";
const start = record(
  START,
  "srcdevid:dev cont_reading_from_srcdev_mode:mode srcdev_name:text tgtdev_name:text",
  {
    mode: oneOf64(F.btrfs_replace_modes),
  },
);
const withTime = (name: string): Part =>
  own(STATUS, name, (c, at) => {
    const [lo, hi] = [c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true)];
    c.sink.ulong(lo, hi);
    dateComment(c, secondOf(lo, hi), 0, 9);
  });
const status = body(
  STATUS,
  fields(STATUS, "replace_state:state", { state: oneOf64(F.btrfs_replace_states) }),
  fields(STATUS, "progress_1000"),
  (c, at) => {
    const progress = number(STATUS, "progress_1000")(c, at);
    if (progress <= 1000) c.sink.comment(`${Math.floor(progress / 10)}.${progress % 10}%`);
  },
  withTime("time_started"),
  withTime("time_stopped"),
  fields(STATUS, "num_write_errors num_uncorrectable_read_errors"),
);
const replaceIs = (command: number) => (c: Context, at: number) => number(REPLACE, "cmd")(c, at) === command;
const replacePart = (name: string, type: Type): Part =>
  own(REPLACE, name, (c, at) => compile(type).memory(c, at));

const STATS = "btrfs_ioctl_get_dev_stats";
const statFlags = { flags: flags64(F.btrfs_statistics_flags) };
const statistics: Part = (c, at) => {
  const count = number(STATS, "nr_items")(c, at);
  const values = at + offsetOf(c, STATS, "values");
  c.sink.item();
  c.sink.openArray();
  for (let i = 0; i < count; i++) {
    c.sink.item();
    if (i >= F.btrfs_statistics.entries.length) {
      c.sink.more();
      break;
    }
    c.sink.word("[");
    c.sink.xlat(i, 0, F.btrfs_statistics.entries[i][1], "", "unsigned");
    c.sink.word("]=");
    c.sink.ulong(
      c.memory.view.getUint32(values + 8 * i, true),
      c.memory.view.getUint32(values + 8 * i + 4, true),
    );
  }
  c.sink.closeArray();
};

const CONTAINER = "btrfs_data_container";
const VALUES = 16;
/** A container of results at an address of 64 bits; what its values are, `print` says. */
function container(name: string, print: (c: Context, lo: number, hi: number, count: number) => void): void {
  registerValue(name, () => ({
    size: () => 8,
    value: (c, lo, hi) => show(c, lo, hi),
    memory: (c, at) => show(c, c.memory.view.getUint32(at, true), c.memory.view.getUint32(at + 4, true)),
  }));
  function show(c: Context, lo: number, hi: number): void {
    const at = lo === 0 && hi === 0 ? -1 : follow(c, lo, hi, VALUES);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const count = number(CONTAINER, "elem_cnt")(c, at);
    c.sink.openStruct();
    fields(CONTAINER, "bytes_left bytes_missing elem_cnt elem_missed")(c, at);
    verbose((k) => {
      k.sink.field("val");
      print(k, addLo(lo, VALUES), addHi(lo, hi, VALUES), count);
    })(c, at);
    c.sink.closeStruct();
  }
}
container("btrfs_inodes", (c, lo, hi, count) => {
  const triple = {
    size: () => 24,
    value: () => {},
    memory(k: Context, at: number) {
      k.sink.openStruct();
      for (const [i, name] of ["inum", "offset", "root"].entries()) {
        k.sink.field(name);
        k.sink.ulong(
          k.memory.view.getUint32(at + 8 * i, true),
          k.memory.view.getUint32(at + 8 * i + 4, true),
        );
      }
      k.sink.closeStruct();
    },
  };
  printArray(c, triple, lo, hi, Math.floor(count / 3));
});
container("btrfs_paths", (c, lo, hi, count) => {
  const name = {
    size: () => 8,
    value: () => {},
    memory(k: Context, at: number) {
      const offset = k.memory.view.getUint32(at, true);
      printPath(k, addLo(lo, offset), addHi(lo, hi + k.memory.view.getUint32(at + 4, true), offset));
    },
  };
  printArray(c, name, lo, hi, count);
});

const LOOKUP = "btrfs_ioctl_ino_lookup_args";
/** A name is looked up in a tree; tree 0 is the one of the file, which the answer then names. */
const lookup = staged(
  LOOKUP,
  (c, at) => {
    c.call.saved.push(number(LOOKUP, "treeid")(c, at));
    c.sink.openStruct();
    fields(LOOKUP, "treeid:objects objectid:objects", types)(c, at);
    c.sink.closeStruct();
    return false;
  },
  (c, at) => {
    if (c.failed) return;
    c.sink.becomes();
    if (at < 0) {
      c.sink.addr(c.argLo(2), c.argHi(2));
      return;
    }
    c.sink.openStruct();
    if (c.call.saved[0] === 0) fields(LOOKUP, "treeid:objects", types)(c, at);
    fields(LOOKUP, "name:text")(c, at);
    c.sink.closeStruct();
  },
);

const SEND = "btrfs_ioctl_send_args";
const sources: Part = own(SEND, "clone_sources", (c, at) => {
  c.wordAt(at);
  const { wordLo, wordHi } = c;
  const count = number(SEND, "clone_sources_count")(c, at - offsetOf(c, SEND, "clone_sources"));
  if (!c.verbose || (wordLo === 0 && wordHi === 0)) c.sink.addr(wordLo, wordHi);
  else printArray(c, compile(objects), wordLo, wordHi, count);
});

const SPACE = "btrfs_ioctl_space_args";
const space = record("btrfs_ioctl_space_info", "flags:flags total_bytes used_bytes", {
  flags: flags64({ ...F.btrfs_block_groups, fallback: "BTRFS_SPACE_INFO_???" }),
});
const spaces: Part = (c, at) => {
  const [slots, total] = ["space_slots", "total_spaces"].map((name) => number(SPACE, name)(c, at));
  if (slots === 0 && total > 0) return;
  verbose((k) => {
    k.sink.field("spaces");
    following(k, space, offsetOf(k, SPACE, "spaces"), total);
  })(c, at);
};

const TIME = "btrfs_ioctl_timespec";
registerValue("btrfs_time", () => ({
  size: (c) => sizeOf(c, TIME),
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    compile(time).memory(c, at);
    dateComment(c, number(TIME, "sec")(c, at), number(TIME, "nsec")(c, at), 9);
  },
}));
const time = record(TIME, "sec nsec");
const RECEIVED = "btrfs_ioctl_received_subvol_args";
const times = { time: special("btrfs_time") };
const SCRUB = "btrfs_ioctl_scrub_args";
const progress = record(
  "btrfs_scrub_progress",
  `data_extents_scrubbed tree_extents_scrubbed data_bytes_scrubbed tree_bytes_scrubbed read_errors csum_errors
   verify_errors no_csum csum_discards super_errors malloc_errors uncorrectable_errors corrected_errors last_physical
   unverified_errors`,
);
const scrubbed = record(SCRUB, "progress:progress", { progress });

export const btrfs: Readonly<Record<string, Command>> = {
  ...each(
    "BTRFS_IOC_TRANS_START BTRFS_IOC_TRANS_END BTRFS_IOC_SYNC BTRFS_IOC_SCRUB_CANCEL BTRFS_IOC_QUOTA_RESCAN_WAIT BTRFS_IOC_DEFRAG BTRFS_IOC_BALANCE",
    none,
  ),
  ...each(
    "BTRFS_IOC_SNAP_CREATE BTRFS_IOC_RESIZE BTRFS_IOC_SCAN_DEV BTRFS_IOC_FORGET_DEV BTRFS_IOC_ADD_DEV BTRFS_IOC_RM_DEV BTRFS_IOC_SUBVOL_CREATE BTRFS_IOC_SNAP_DESTROY BTRFS_IOC_DEVICES_READY",
    reads(record("btrfs_ioctl_vol_args", "fd:fd name:text", { fd })),
  ),
  ...each("BTRFS_IOC_DEFAULT_SUBVOL BTRFS_IOC_WAIT_SYNC", reads(u64)),
  BTRFS_IOC_START_SYNC: writes(u64),
  BTRFS_IOC_SUBVOL_GETFLAGS: { kind: "out", type: special("bare_flags", 8, F.btrfs_subvolume_flags) },
  BTRFS_IOC_SUBVOL_SETFLAGS: { kind: "in", type: special("bare_flags", 8, F.btrfs_subvolume_flags) },
  BTRFS_IOC_BALANCE_CTL: value(oneOf(F.btrfs_balance_ctl)),
  BTRFS_IOC_BALANCE_V2: { ...both(balance(false), balance(true)), always: true },
  BTRFS_IOC_BALANCE_PROGRESS: writes(balance(true)),
  BTRFS_IOC_DEFRAG_RANGE: reads(
    record(
      "btrfs_ioctl_defrag_range_args",
      "start len:max64 flags:flags extent_thresh compress_type:compress",
      {
        flags: flags64(F.btrfs_defrag_flags),
        compress: oneOf(F.btrfs_compressions),
      },
    ),
  ),
  BTRFS_IOC_DEV_INFO: both(
    body(DEVICE, fields(DEVICE, "devid:dev uuid?:uuid")),
    body(DEVICE, fields(DEVICE, "uuid?:uuid bytes_used total_bytes path:text")),
  ),
  BTRFS_IOC_DEV_REPLACE: both(
    body(
      REPLACE,
      fields(REPLACE, "cmd:cmd", { cmd: oneOf64(F.btrfs_replace_commands) }),
      when(replaceIs(0), replacePart("start", start)),
    ),
    body(
      REPLACE,
      fields(REPLACE, "result:result", { result: oneOf64(F.btrfs_replace_results) }),
      when(replaceIs(1), replacePart("status", status)),
    ),
  ),
  BTRFS_IOC_GET_FEATURES: writes(feature),
  BTRFS_IOC_SET_FEATURES: reads(special("btrfs_features", undefined, ["", ""])),
  BTRFS_IOC_GET_SUPPORTED_FEATURES: writes(
    special("btrfs_features", undefined, ["supported", "safe to set", "safe to clear"]),
  ),
  BTRFS_IOC_FS_INFO: writes(
    body(
      FS,
      fields(FS, "max_id num_devices fsid:uuid nodesize sectorsize clone_alignment"),
      when(infoHas(1), fields(FS, "csum_type:type csum_size", { type: oneOf(F.btrfs_checksums) })),
      fields(FS, "flags:flags", { flags: flags64(F.btrfs_info_flags) }),
      when(infoHas(2), fields(FS, "generation")),
      when(infoHas(4), fields(FS, "metadata_uuid:uuid")),
    ),
  ),
  BTRFS_IOC_GET_DEV_STATS: both(
    body(STATS, fields(STATS, "devid:dev nr_items flags:flags", statFlags)),
    body(STATS, fields(STATS, "nr_items flags:flags", statFlags), statistics),
  ),
  BTRFS_IOC_INO_LOOKUP: lookup,
  BTRFS_IOC_INO_PATHS: both(
    record("btrfs_ioctl_ino_path_args", "inum size fspath:addr64"),
    record("btrfs_ioctl_ino_path_args", "fspath:paths", { paths: special("btrfs_paths", 8) }),
  ),
  BTRFS_IOC_LOGICAL_INO: both(
    record("btrfs_ioctl_logical_ino_args", "logical size reserved?:hex flags:flags inodes:addr64", {
      flags: flags64(F.btrfs_inode_flags),
    }),
    record("btrfs_ioctl_logical_ino_args", "inodes:inodes", { inodes: special("btrfs_inodes", 8) }),
  ),
  BTRFS_IOC_QGROUP_LIMIT: writes(record("btrfs_ioctl_qgroup_limit_args", "qgroupid lim:limit", { limit })),
  BTRFS_IOC_QUOTA_CTL: reads(
    record("btrfs_ioctl_quota_ctl_args", "cmd:cmd", { cmd: oneOf64(F.btrfs_quota_ctl) }),
  ),
  BTRFS_IOC_QGROUP_CREATE: reads(record("btrfs_ioctl_qgroup_create_args", "create qgroupid")),
  BTRFS_IOC_QGROUP_ASSIGN: reads(record("btrfs_ioctl_qgroup_assign_args", "assign src dst")),
  BTRFS_IOC_QUOTA_RESCAN: reads(record("btrfs_ioctl_quota_rescan_args", "flags")),
  BTRFS_IOC_QUOTA_RESCAN_STATUS: writes(
    record("btrfs_ioctl_quota_rescan_args", "flags progress:objects", types),
  ),
  BTRFS_IOC_SET_RECEIVED_SUBVOL: both(
    record(RECEIVED, "uuid:uuid stransid stime:time flags", times),
    record(RECEIVED, "rtransid rtime:time", times),
  ),
  BTRFS_IOC_SCRUB: both(
    record(SCRUB, "devid:dev start end:max64 flags:flags", { flags: flags64(F.btrfs_scrub_flags) }),
    scrubbed,
  ),
  BTRFS_IOC_SCRUB_PROGRESS: both(record(SCRUB, "devid:dev"), scrubbed),
  BTRFS_IOC_TREE_SEARCH: search("btrfs_ioctl_search_args", false),
  BTRFS_IOC_TREE_SEARCH_V2: search("btrfs_ioctl_search_args_v2", true),
  BTRFS_IOC_SEND: reads(
    body(
      SEND,
      fields(SEND, "send_fd:fd clone_sources_count", { fd }),
      sources,
      fields(SEND, "parent_root:objects flags:flags", { ...types, flags: flags64(F.btrfs_send_flags) }),
    ),
  ),
  BTRFS_IOC_SPACE_INFO: both(
    record(SPACE, "space_slots"),
    body(SPACE, fields(SPACE, "total_spaces"), spaces),
  ),
  ...each("BTRFS_IOC_SNAP_CREATE_V2 BTRFS_IOC_SUBVOL_CREATE_V2", both(volume, record(VOLUME, "transid"))),
};
