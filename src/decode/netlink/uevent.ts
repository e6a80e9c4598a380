/** NETLINK_KOBJECT_UEVENT: the kernel sends text; udevd sends a header of its own before it (libudev-monitor.c). */
import type { Context } from "../context.ts";

const HEADER = 40;
const PREFIX = "libudev\0";

/** Prints a message that udevd sent; false for anything else, which is text. */
export function deviceEvent(c: Context, at: number, length: number): boolean {
  const { sink, memory } = c;
  const { view } = memory;
  const prefix = String.fromCharCode(...memory.bytes.subarray(at, at + PREFIX.length));
  if (length < HEADER || prefix !== PREFIX) return false;
  const more = length > HEADER;
  if (more) {
    sink.openArray();
    sink.item();
  }
  sink.openStruct();
  sink.field("prefix");
  sink.str(memory.bytes, at, PREFIX.length - 1, false);
  const big = (name: string, offset: number) => {
    const value = view.getUint32(at + offset);
    sink.field(name);
    sink.word(`htonl(${value === 0 ? "0" : `0x${value.toString(16)}`})`);
  };
  const count = (name: string, offset: number) => {
    sink.field(name);
    sink.num(view.getUint32(at + offset, true));
  };
  big("magic", 8);
  count("header_size", 12);
  count("properties_off", 16);
  count("properties_len", 20);
  big("filter_subsystem_hash", 24);
  big("filter_devtype_hash", 28);
  big("filter_tag_bloom_hi", 32);
  big("filter_tag_bloom_lo", 36);
  sink.closeStruct();
  if (more) {
    sink.item();
    const rest = length - HEADER;
    const shown = Math.min(rest, c.options.stringLimit);
    sink.str(memory.bytes, at + HEADER, shown, shown < rest);
    sink.closeArray();
  }
  return true;
}
