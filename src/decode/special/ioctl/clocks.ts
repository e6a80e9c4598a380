/** Commands of clocks and timers: rtc(4), PTP clocks, watchdogs, random(4). */
import * as F from "../../../abi/flags.ts";
import { flags, inline, int, oneOf, oneOf64, special, ulong } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { compile } from "../../compile.ts";
import type { Context } from "../../context.ts";
import { dateComment, secondOf } from "../../dates.ts";
import { registerValue } from "../../walker.ts";
import { bothOrAddress, type Command, each, grown, none, reads, record, value, writes } from "./command.ts";
import { body, fields, filled, members, number, offsetOf, own, upTo, when } from "./parts.ts";

const time = record("rtc_time", "tm_sec tm_min tm_hour tm_mday tm_mon tm_year ... tm_wday tm_yday tm_isdst");
const wake = record("rtc_wkalrm", "enabled pending time:time", { time });
const pll = record("rtc_pll_info", "pll_ctrl pll_value pll_max pll_min pll_posmult pll_negmult pll_clock");
const param = { param: oneOf64(F.rtc_params) };
const caps = "max_adj n_alarm n_ext_ts n_per_out pps n_pins cross_timestamping adjust_phase rsv?:hex";
const extts = { flags: flags(F.ptp_extts_flags) };
const pin = { func: oneOf(F.ptp_pin_functions) };

const moment = (comment: boolean): Type => special("ptp_time", 16, comment);
registerValue("ptp_time", (comment) => ({
  size: () => 16,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    const { view } = c.memory;
    const [lo, hi, nanoseconds] = [0, 4, 8].map((o) => view.getUint32(at + o, true));
    c.sink.openStruct();
    c.sink.field("sec");
    c.sink.long(lo, hi);
    c.sink.field("nsec");
    c.sink.num(nanoseconds);
    const reserved = view.getUint32(at + 12, true);
    if (reserved !== 0) {
      c.sink.field("reserved");
      c.sink.hex(reserved, 0);
    }
    c.sink.closeStruct();
    if (comment && c.options.xlat !== "raw") dateComment(c, secondOf(lo, hi), nanoseconds, 9);
  },
}));
const times = { time: moment(true), period: moment(false) };
const out = "ptp_perout_request";
const outFlag = (bit: number) => (c: Context, at: number) => (number(out, "flags")(c, at) & bit) !== 0;
function perOut(second: boolean): Command {
  const phase = outFlag(4);
  const duty = outFlag(2);
  return reads(
    body(
      out,
      when(phase, fields(out, "phase:period", times)),
      when((c, at) => !phase(c, at), fields(out, "start:time", times)),
      fields(out, "period:period index flags:flags", { ...times, flags: flags(F.ptp_perout_flags) }),
      when(duty, fields(out, "on:period", times)),
      when((c, at) => second && !duty(c, at), fields(out, "rsv?:hex")),
    ),
  );
}
const SAMPLES_MAX = 25;
const samples = (struct: string) => (c: Context, at: number) =>
  Math.min(number(struct, "n_samples")(c, at), SAMPLES_MAX);
const offsets = filled(
  "ptp_sys_offset",
  [fields("ptp_sys_offset", "n_samples rsv?:hex")],
  [upTo("ptp_sys_offset", "ts", times.time, (c, at) => 2 * samples("ptp_sys_offset")(c, at) + 1)],
);
const triples = filled(
  "ptp_sys_offset_extended",
  [fields("ptp_sys_offset_extended", "n_samples rsv?:hex")],
  [
    own("ptp_sys_offset_extended", "ts", (c, at) =>
      members(
        c,
        compile(inline(times.time, 3)),
        at,
        samples("ptp_sys_offset_extended")(c, at - offsetOf(c, "ptp_sys_offset_extended", "ts")),
      ),
    ),
  ],
);
const precise: Readonly<Record<string, Command>> = {
  PTP_PEROUT_REQUEST: perOut(false),
  PTP_PEROUT_REQUEST2: perOut(true),
  ...each("PTP_ENABLE_PPS PTP_ENABLE_PPS2", value({ kind: "hex" })),
  ...each("PTP_SYS_OFFSET PTP_SYS_OFFSET2", offsets),
  ...each("PTP_SYS_OFFSET_EXTENDED PTP_SYS_OFFSET_EXTENDED2", triples),
  ...each(
    "PTP_SYS_OFFSET_PRECISE PTP_SYS_OFFSET_PRECISE2",
    writes(
      record("ptp_sys_offset_precise", "device:time sys_realtime:time sys_monoraw:period rsv?:hex", times),
    ),
  ),
};

export const clocks: Readonly<Record<string, Command>> = {
  ...each(
    "RTC_AIE_ON RTC_AIE_OFF RTC_UIE_ON RTC_UIE_OFF RTC_PIE_ON RTC_PIE_OFF RTC_WIE_ON RTC_WIE_OFF RTC_VL_CLR",
    none,
  ),
  ...each("RTC_ALM_SET RTC_SET_TIME", reads(time)),
  ...each("RTC_ALM_READ RTC_RD_TIME", writes(time)),
  ...each("RTC_IRQP_SET RTC_EPOCH_SET", value(ulong)),
  ...each("RTC_IRQP_READ RTC_EPOCH_READ", writes(ulong)),
  RTC_WKALM_SET: reads(wake),
  RTC_WKALM_RD: writes(wake),
  RTC_PLL_GET: writes(pll),
  RTC_PLL_SET: reads(pll),
  RTC_VL_READ: writes(flags(F.rtc_vl_flags)),
  RTC_PARAM_GET: bothOrAddress(
    record("rtc_param", "param:param index __pad?:hex", param),
    record("rtc_param", "uvalue:hex __pad?:hex"),
  ),
  RTC_PARAM_SET: reads(record("rtc_param", "param:param uvalue:hex index __pad?:hex", param)),

  PTP_CLOCK_GETCAPS: writes(record("ptp_clock_caps", caps)),
  PTP_CLOCK_GETCAPS2: writes(record("ptp_clock_caps", caps)),
  PTP_EXTTS_REQUEST: reads(record("ptp_extts_request", "index flags:flags", extts)),
  PTP_EXTTS_REQUEST2: reads(record("ptp_extts_request", "index flags:flags rsv?:hex", extts)),
  PTP_PIN_GETFUNC: grown(
    record("ptp_pin_desc", "index"),
    record("ptp_pin_desc", "name:text func:func chan", pin),
  ),
  PTP_PIN_GETFUNC2: grown(
    record("ptp_pin_desc", "index rsv?:hex"),
    record("ptp_pin_desc", "name:text func:func chan", pin),
  ),
  PTP_PIN_SETFUNC: reads(record("ptp_pin_desc", "index func:func chan", pin)),
  PTP_PIN_SETFUNC2: reads(record("ptp_pin_desc", "index func:func chan rsv?:hex", pin)),

  ...precise,

  ...each(
    "WDIOC_GETSTATUS WDIOC_GETBOOTSTATUS WDIOC_GETTEMP WDIOC_GETTIMEOUT WDIOC_GETPRETIMEOUT WDIOC_GETTIMELEFT",
    writes(int),
  ),
  ...each("WDIOC_SETTIMEOUT WDIOC_SETPRETIMEOUT", reads(int)),
  WDIOC_KEEPALIVE: none,

  RNDGETENTCNT: writes(int),
  RNDADDTOENTCNT: reads(int),
  RNDADDENTROPY: { kind: "in", type: special("entropy", 8) },
  ...each("RNDZAPENTCNT RNDCLEARPOOL RNDRESEEDCRNG", none),
};
