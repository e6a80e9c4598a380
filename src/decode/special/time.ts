/** Sleeps' remaining time, timer notification. */
import * as F from "../../abi/flags.ts";
import { layout } from "../../abi/layouts.ts";
import { knownSignal } from "../../abi/signals.ts";
import type { Context } from "../context.ts";
import { dateText, secondOf } from "../dates.ts";
import { enumName, printEnum } from "../flags.ts";
import { pointerWalker, registerAux, registerValue } from "../walker.ts";
import { readable, valueWalker } from "./bytes.ts";

/** clock_t: how many hundredths of a second (USER_HZ). */
registerValue("ticks", () =>
  valueWalker("long", (c, lo, hi) => {
    c.sink.ulong(lo, hi);
    tickComment(c, lo, hi);
  }),
);

/** The time that ticks stand for, if there are any. */
export function tickComment(c: Context, lo: number, hi: number): void {
  if ((lo === 0 && hi === 0) || c.options.xlat === "raw") return;
  const ticks = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  c.sink.comment(`${ticks / 100n}.${String(ticks % 100n).padStart(2, "0")} s`);
}

const TIMER_ABSTIME = 1;
/** ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (linux/errno.h). */
const restarts: ReadonlySet<number> = new Set([512, 513, 514, 516]);

/** The time left, written by the kernel when a sleep is interrupted; shown if it may go on after that. */
registerValue("remaining", () =>
  pointerWalker((c, lo, hi) => {
    // until a point in time nothing is left that would have to be known
    const until = c.call.name === "clock_nanosleep" && (c.argLo(1) & TIMER_ABSTIME) !== 0;
    const shown = restarts.has(c.call.error) && !until && c.options.dereference(c.call.name);
    const at = shown && (lo !== 0 || hi !== 0) ? c.memory.readAll(lo, hi, 16) : -1;
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const v = c.memory.view;
    c.sink.openStruct();
    c.sink.field("tv_sec");
    c.sink.long(v.getUint32(at, true), v.getUint32(at + 4, true));
    c.sink.field("tv_nsec");
    c.sink.long(v.getUint32(at + 8, true), v.getUint32(at + 12, true));
    c.sink.closeStruct();
  }),
);

/** time(2)'s result as a date. */
registerAux("time_result", (c) => {
  const text = c.call.error ? undefined : dateText(secondOf(c.call.retLo, c.call.retHi), 0, 9);
  if (text !== undefined) c.sink.word(text);
});

const SIGEV_SIGNAL = 0;
const SIGEV_THREAD = 2;
const SIGEV_THREAD_ID = 4;
/** With others the number is no signal's. */
const SIGNALLING: ReadonlySet<number> = new Set([SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID]);

/** struct sigevent: value, signo, notify, then the thread id or function (sigevent(7)). */
registerValue("sigevent", () =>
  pointerWalker((c, lo, hi) => {
    const word = c.wordSize;
    // as much of it as is shown
    const at = readable(c, lo, hi, word === 8 ? 32 : 20);
    if (at < 0) {
      c.sink.addr(lo, hi);
      return;
    }
    const v = c.memory.view;
    const notify = v.getInt32(at + word + 4, true);
    c.sink.openStruct();
    // As strace does: a value of nothing is not worth its room.
    c.wordAt(at);
    const [valueLo, valueHi] = [c.wordLo, c.wordHi];
    if (valueLo !== 0 || valueHi !== 0) {
      c.sink.field("sigev_value");
      c.sink.openStruct();
      c.sink.field("sival_int");
      c.sink.num(v.getInt32(at, true));
      c.sink.field("sival_ptr");
      c.sink.addr(valueLo, valueHi);
      c.sink.closeStruct();
    }
    c.sink.field("sigev_signo");
    const signo = v.getInt32(at + word, true);
    if (SIGNALLING.has(notify)) c.sink.xlat(signo >>> 0, 0, knownSignal(signo), "", "dec");
    else c.sink.num(signo >>> 0);
    c.sink.field("sigev_notify");
    printEnum(c, F.sigev_notify, notify >>> 0);
    if (notify === SIGEV_THREAD_ID) {
      c.sink.field("sigev_notify_thread_id");
      c.sink.num(v.getInt32(at + word + 8, true));
    } else if (notify === SIGEV_THREAD) {
      c.sink.field("sigev_notify_function");
      c.wordAt(at + word + 8);
      c.sink.addr(c.wordLo, c.wordHi);
      c.sink.field("sigev_notify_attributes");
      c.wordAt(at + 2 * word + 8);
      c.sink.addr(c.wordLo, c.wordHi);
    }
    c.sink.closeStruct();
  }),
);

registerAux("adjtimex_state", (c: Context) => {
  const buf = c.call.name === "adjtimex" ? 0 : 1;
  const read = readable(c, c.argLo(buf), c.argHi(buf), layout(c.call.abi, "timex").size) >= 0;
  const name = c.call.error || !read ? undefined : enumName(F.adjtimex_states, c.call.retLo);
  if (name) c.sink.word(name);
});
