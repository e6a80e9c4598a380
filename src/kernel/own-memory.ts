/** What this process was started with, as bytes: Node decodes arguments and environment as UTF-8 and loses what is none. */
import { libc, variable, viewOf } from "./ffi.ts";
import { withoutNote } from "./inherited.ts";

const getauxval = libc("unsigned long getauxval(unsigned long type)");
const AT_EXECFN = 31;

/** Arguments and environment as execve(2) left them, one C string after the other, and how many are arguments. */
function strings(): { address: number; count: number; bytes: Buffer } {
  const [stack] = new BigUint64Array(viewOf(variable("__libc_stack_end"), 8));
  const [count, first] = new BigUint64Array(viewOf(Number(stack), 16));
  const address = Number(first);
  // the name of the file comes after them
  const bytes = Buffer.from(viewOf(address, Number(getauxval(AT_EXECFN)) - address));
  return { address, count: Number(count), bytes };
}

/** The offsets at which the strings end. */
function ends(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, end + 1)) found.push(end);
  return found;
}

function entries(bytes: Buffer): Buffer[] {
  const at = ends(bytes);
  return at.map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1] + 1, end));
}

/** The last `count` arguments of this process, undecoded. */
export function lastArguments(count: number): Buffer[] {
  const all = strings();
  return count === 0 ? [] : entries(all.bytes).slice(0, all.count).slice(-count);
}

/** The environment this process was started with, undecoded, in its order. */
export function startingEnvironment(): Buffer[] {
  const all = strings();
  return withoutNote(entries(all.bytes).slice(all.count));
}

/** The memory in which `ps` finds our last argument of `length` bytes. Writing to it changes what ps shows. */
export function lastArgumentMemory(length: number): Uint8Array {
  const all = strings();
  const end = all.address + ends(all.bytes)[all.count - 1];
  return new Uint8Array(viewOf(end - length, length));
}
