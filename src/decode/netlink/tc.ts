/** Traffic control: queueing disciplines, classes, filters and actions (linux/pkt_sched.h, linux/gen_stats.h). */
import * as F from "../../abi/flags.ts";
import { nested, type Table } from "./attrs.ts";
import { typed } from "./link-kinds.ts";
import { array, flags, record, text, u8, u32, u64 } from "./values.ts";

const basic = record("gnet_stats_basic", { least: 12 });
const statistics: Table = {
  set: F.nl_tc_stats,
  values: typed("TCA_STATS", {
    "BASIC BASIC_HW": basic,
    RATE_EST: record("gnet_stats_rate_est"),
    QUEUE: record("gnet_stats_queue"),
    RATE_EST64: record("gnet_stats_rate_est64"),
    PKT64: u64,
  }),
};
const sizeTable: Table = {
  set: F.nl_tc_stab,
  values: { TCA_STAB_BASE: record("tc_sizespec"), TCA_STAB_DATA: array(2) },
};

export const tcTable: Table = {
  set: F.nl_tc_attrs,
  values: typed("TCA", {
    KIND: text,
    STATS: record("tc_stats", { least: 36 }),
    RATE: record("tc_estimator"),
    "FCNT CHAIN INGRESS_BLOCK EGRESS_BLOCK": u32,
    STATS2: nested(statistics),
    STAB: nested(sizeTable),
    HW_OFFLOAD: u8,
    DUMP_FLAGS: u32,
  }),
};

export const actionTable: Table = {
  set: F.nl_action_attrs,
  values: typed("TCA_ACT", {
    KIND: text,
    "INDEX IN_HW_COUNT": u32,
    STATS: nested(statistics),
    FLAGS: flags(F.nl_act_flags),
    "HW_STATS USED_HW_STATS": flags(F.nl_action_statistics),
  }),
};
