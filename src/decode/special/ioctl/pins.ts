/** Commands of GPIO chips (linux/gpio.h), counters (linux/counter.h) and infrared receivers (linux/lirc.h). */
import * as F from "../../../abi/flags.ts";
import { flags, flags64, oneOf, special, uint } from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import { registerValue } from "../../walker.ts";
import { both, boxed, type Command, each, none, reads, record, writes } from "./command.ts";
import { body, fields, number, offsetOf, own, type Part, upTo, when } from "./parts.ts";

registerValue("gpio_offset", () => ({
  size: () => 4,
  value: (c, lo, hi) => c.sink.hex(lo, hi),
  memory(c, at) {
    c.sink.openStruct();
    c.sink.field("offset");
    c.sink.num(c.memory.view.getUint32(at, true));
    c.sink.closeStruct();
  },
}));
const byte: Type = { kind: "byte" };
const handle = flags(F.gpio_handle_flags);
const request = "gpiohandle_request";
const lines = number(request, "lines");
const values = body(
  "gpiohandle_data",
  upTo("gpiohandle_data", "values", byte, () => 64),
);

const attribute = "gpio_v2_line_attribute";
const rawAttribute = (named: boolean): Part => {
  const raw: Part = (c, at) => {
    fields(attribute, "id padding?:hex")(c, at);
    own(
      attribute,
      "values",
      (k, here) => k.sink.hex(k.memory.view.getUint32(here, true), k.memory.view.getUint32(here + 4, true)),
      "data",
    )(c, at);
  };
  return (c, at) => {
    if (!named) {
      raw(c, at);
      return;
    }
    c.sink.field("attr");
    c.sink.openStruct();
    raw(c, at);
    c.sink.closeStruct();
  };
};
const known: ReadonlyMap<number, Part> = new Map([
  [1, fields(attribute, "flags:flags", { flags: flags64(F.gpio_v2_flags) })],
  [2, fields(attribute, "values:hex")],
  [3, fields(attribute, "debounce_period_us")],
]);
/** What an attribute holds; as a number if it is none of the known ones. */
const shown =
  (named: boolean): Part =>
  (c, at) => {
    const part =
      number(attribute, "padding")(c, at) === 0 ? known.get(number(attribute, "id")(c, at)) : undefined;
    (part ?? rawAttribute(named))(c, at);
  };
const pair = "gpio_v2_line_config_attribute";
const configured = body(
  pair,
  (c, at) => shown(true)(c, at + offsetOf(c, pair, "attr")),
  fields(pair, "mask:hex"),
);
const config = "gpio_v2_line_config";
const lineFlags = { flags: flags64(F.gpio_v2_flags) };
const lineConfig = body(
  config,
  fields(config, "flags:flags num_attrs padding?:hex", lineFlags),
  when(
    (c, at) => number(config, "num_attrs")(c, at) > 0,
    upTo(config, "attrs", configured, number(config, "num_attrs")),
  ),
);
const info = "gpio_v2_line_info";
const lineInfo = body(
  info,
  fields(info, "name:text consumer:text flags:flags num_attrs", lineFlags),
  when(
    (c, at) => number(info, "num_attrs")(c, at) > 0,
    upTo(info, "attrs", body(attribute, shown(false)), number(info, "num_attrs")),
  ),
  fields(info, "padding?:hex"),
);
const wanted = "gpio_v2_line_request";

const lircMode = boxed(oneOf(F.lirc_modes));
const lircNumber = boxed(uint);

export const pins: Readonly<Record<string, Command>> = {
  GPIO_GET_CHIPINFO_IOCTL: writes(record("gpiochip_info", "name:text label:text lines")),
  ...each(
    "GPIO_GET_LINEINFO_IOCTL GPIO_GET_LINEINFO_WATCH_IOCTL",
    both(
      record("gpioline_info", "line_offset"),
      record("gpioline_info", "flags:flags name:text consumer:text", { flags: flags(F.gpio_line_flags) }),
    ),
  ),
  GPIO_GET_LINEINFO_UNWATCH_IOCTL: reads(special("gpio_offset", 4)),
  GPIO_GET_LINEHANDLE_IOCTL: both(
    body(
      request,
      fields(request, "lines"),
      upTo(request, "lineoffsets", uint, lines),
      fields(request, "flags:flags", { flags: handle }),
      upTo(request, "default_values", byte, lines),
      fields(request, "consumer_label:text"),
    ),
    record(request, "fd:fd"),
  ),
  GPIO_GET_LINEEVENT_IOCTL: both(
    record("gpioevent_request", "lineoffset handleflags:handle eventflags:event consumer_label:text", {
      handle,
      event: flags(F.gpio_event_flags),
    }),
    record("gpioevent_request", "fd:fd"),
  ),
  GPIOHANDLE_GET_LINE_VALUES_IOCTL: writes(values),
  GPIOHANDLE_SET_LINE_VALUES_IOCTL: reads(values),
  GPIOHANDLE_SET_CONFIG_IOCTL: reads(
    body(
      "gpiohandle_config",
      fields("gpiohandle_config", "flags:flags", { flags: handle }),
      upTo("gpiohandle_config", "default_values", byte, () => 64),
    ),
  ),
  ...each(
    "GPIO_V2_GET_LINEINFO_IOCTL GPIO_V2_GET_LINEINFO_WATCH_IOCTL",
    both(record(info, "offset"), lineInfo),
  ),
  GPIO_V2_GET_LINE_IOCTL: both(
    body(
      wanted,
      fields(wanted, "num_lines"),
      upTo(wanted, "offsets", uint, number(wanted, "num_lines")),
      fields(wanted, "consumer:text config:config event_buffer_size? padding?:hex", { config: lineConfig }),
    ),
    record(wanted, "fd:fd"),
  ),
  GPIO_V2_LINE_SET_CONFIG_IOCTL: reads(lineConfig),
  GPIO_V2_LINE_GET_VALUES_IOCTL: both(
    record("gpio_v2_line_values", "mask:hex"),
    record("gpio_v2_line_values", "bits:hex"),
  ),
  GPIO_V2_LINE_SET_VALUES_IOCTL: reads(record("gpio_v2_line_values", "bits:hex mask:hex")),

  COUNTER_ADD_WATCH_IOCTL: reads(
    record("counter_watch", "component:component event:event channel", {
      component: record("counter_component", "type:type scope:scope parent id", {
        type: oneOf(F.counter_components),
        scope: oneOf(F.counter_scopes),
      }),
      event: oneOf(F.counter_events),
    }),
  ),
  ...each("COUNTER_ENABLE_EVENTS_IOCTL COUNTER_DISABLE_EVENTS_IOCTL", none),

  LIRC_GET_FEATURES: writes(boxed(flags(F.lirc_features))),
  ...each("LIRC_GET_SEND_MODE LIRC_GET_REC_MODE", writes(lircMode)),
  ...each("LIRC_SET_SEND_MODE LIRC_SET_REC_MODE", reads(lircMode)),
  LIRC_SET_TRANSMITTER_MASK: reads(boxed({ kind: "hex32" })),
  ...each(
    "LIRC_GET_REC_RESOLUTION LIRC_GET_MIN_TIMEOUT LIRC_GET_MAX_TIMEOUT LIRC_GET_LENGTH LIRC_GET_REC_TIMEOUT",
    writes(lircNumber),
  ),
  ...each(
    "LIRC_SET_SEND_CARRIER LIRC_SET_REC_CARRIER LIRC_SET_SEND_DUTY_CYCLE LIRC_SET_REC_TIMEOUT LIRC_SET_REC_TIMEOUT_REPORTS LIRC_SET_MEASURE_CARRIER_MODE LIRC_SET_REC_CARRIER_RANGE LIRC_SET_WIDEBAND_RECEIVER",
    reads(lircNumber),
  ),
};
