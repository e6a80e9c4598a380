/**
 * Calls of 32-bit x86 whose arguments are in memory become the calls that are meant, as capture/indirect.ts makes them
 * for the other engine: done in the kernel, so that their own memory is read.
 */
import { BLIND_MSGRCV, IPCCALLS, SELECT, SOCKETCALLS } from "../../../abi/syscalls.ts";
import { IPC, ipcArgs, MSGRCV, OLD_SELECT, SELECT_ARGS, SOCKETCALL, socketArgs } from "../../indirect.ts";
import { type Assembler, r0, r1, r2, r3, r6, r9 } from "../asm.ts";
import * as L from "../layout.ts";

const { state } = L;
const args = state.record + L.call.args;
const ARGS = 6;
/** Where arguments wait to be put in order, and where the two words behind an old msgrcv's pointer go. */
const scratch = state.scratch;
const pair = state.scratch + 4 * ARGS;

/** Takes the place of the call in the record, whose number is in r9; r9 = the new number, or goes to `plain`. */
export function redirect(a: Assembler, plain: string): void {
  const done = a.fresh("redirected");
  a.step("calls whose arguments are in memory");
  const next = [a.fresh("ipc"), a.fresh("select")];
  a.jump("ne", r9, SOCKETCALL, next[0]);
  socket(a, plain, done);
  a.label(next[0]).jump("ne", r9, IPC, next[1]);
  ipc(a, plain, done);
  a.label(next[1]).jump("ne", r9, OLD_SELECT, plain);
  load(a, 0, 4 * SELECT_ARGS, plain);
  a.mov(r9, SELECT).label(done);
}

/** Arguments from `bytes` bytes (r2 if not given) where argument `index` points to. */
function load(a: Assembler, index: number, bytes: number | undefined, plain: string): void {
  for (let i = 0; i < 4 * ARGS; i += 8) a.store(8, r6, scratch + i, 0);
  if (bytes !== undefined) a.mov(r2, bytes);
  a.load(8, r3, r6, args + 8 * index)
    .mov(r1, r6)
    .add(r1, scratch);
  a.call("probe_read_user").jump("ne", r0, 0, plain);
  for (let i = 0; i < ARGS; i++) a.load(4, r1, r6, scratch + 4 * i).store(8, r6, args + 8 * i, r1);
}

function socket(a: Assembler, plain: string, done: string): void {
  const counted = a.fresh("counted");
  a.load(4, r9, r6, args);
  for (const count of new Set(socketArgs.slice(1))) {
    const these = a.fresh("these");
    const others = a.fresh("others");
    for (const [number, n] of socketArgs.entries()) if (n === count) a.jump("eq", r9, number, these);
    a.goto(others);
    a.label(these)
      .mov(r2, 4 * count)
      .goto(counted);
    a.label(others);
  }
  a.mov(r9, SOCKETCALL).goto(plain).label(counted);
  const back = a.fresh("back");
  const read = a.fresh("read");
  load(a, 1, undefined, back);
  a.goto(read).label(back).mov(r9, SOCKETCALL).goto(plain);
  a.label(read).add(r9, SOCKETCALLS).goto(done);
}

function ipc(a: Assembler, plain: string, done: string): void {
  a.load(4, r9, r6, args).and(r9, 0xffff);
  for (let i = 0; i < ARGS; i++) a.load(4, r1, r6, args + 8 * i).store(4, r6, scratch + 4 * i, r1);
  for (const [number, places] of ipcArgs) {
    const other = a.fresh("other");
    a.jump("ne", r9, number, other).mov(r9, IPCCALLS + number);
    if (number === MSGRCV) oldMsgrcv(a, places, done);
    put(a, places);
    a.goto(done).label(other);
  }
  a.mov(r9, IPC).goto(plain);
}

function put(a: Assembler, places: readonly number[]): void {
  for (let i = 0; i < ARGS; i++) {
    if (i < places.length) a.load(4, r1, r6, scratch + 4 * places[i]).store(8, r6, args + 8 * i, r1);
    else a.store(8, r6, args + 8 * i, 0);
  }
}

/** Version 0 has the message's address and type where its pointer points to. */
function oldMsgrcv(a: Assembler, places: readonly number[], done: string): void {
  const modern = a.fresh("modern");
  const blind = a.fresh("blind");
  a.load(4, r1, r6, scratch).rsh(r1, 16).jump("ne", r1, 0, modern);
  a.mov(r1, r6)
    .add(r1, pair)
    .mov(r2, 8)
    .load(4, r3, r6, scratch + 4 * places[1]);
  a.call("probe_read_user").jump("ne", r0, 0, blind);
  put(a, places);
  a.load(4, r1, r6, pair).store(8, r6, args + 8, r1);
  a.load(4, r1, r6, pair + 4).store(8, r6, args + 24, r1);
  a.goto(done).label(blind).mov(r9, BLIND_MSGRCV);
  put(
    a,
    places.filter((_, i) => i !== 3),
  );
  a.goto(done).label(modern);
}
