/** Finds calls that equal an earlier one in everything but times and task, so that their text need not be made again. */

/** 32-bit words of a call that are compared; larger ones are always fresh. */
const WORDS = 64;
/** A power of two. */
const SLOTS = 1024;

export class Repeats {
  private readonly kept = new Uint32Array(SLOTS * WORDS);
  private readonly lengths = new Uint16Array(SLOTS);
  /** By number of the call, where one was found or kept last: most equal that. */
  private readonly recent = new Uint16Array(SLOTS);
  slot = -1;
  fresh = true;

  /**
   * Looks `count` words (an even number), the first of which is the call's number, at index `at` up, and keeps them. `kind`:
   * bits 8 to 15.
   */
  look(words: Uint32Array, at: number, count: number, kind: number): void {
    if (count > WORDS) {
      this.slot = -1;
      this.fresh = true;
      return;
    }
    const { recent } = this;
    const number = words[at] & (SLOTS - 1);
    const tag = count | kind;
    const likely = recent[number];
    if (this.holds(likely, tag, words, at, count)) {
      this.slot = likely;
      this.fresh = false;
      return;
    }
    const slot = slotOf(words, at, count, kind);
    this.slot = slot;
    recent[number] = slot;
    this.fresh = !this.holds(slot, tag, words, at, count);
    if (!this.fresh) return;
    this.lengths[slot] = tag;
    const { kept } = this;
    const base = slot * WORDS;
    for (let i = 0; i < count; i++) kept[base + i] = words[at + i];
  }

  private holds(slot: number, tag: number, words: Uint32Array, at: number, count: number): boolean {
    if (this.lengths[slot] !== tag) return false;
    const { kept } = this;
    const base = slot * WORDS;
    let i = 0;
    while (i < count && kept[base + i] === words[at + i]) i++;
    return i === count;
  }
}

function slotOf(words: Uint32Array, at: number, count: number, kind: number): number {
  // two chains of multiplications, because each has to wait for its last one
  let h = count + kind;
  let other = 0;
  const end = at + count;
  for (let i = at; i + 1 < end; i += 2) {
    h = Math.imul(h ^ words[i], 0x01000193);
    other = Math.imul(other ^ words[i + 1], 0x9e3779b1);
  }
  h ^= other;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) & (SLOTS - 1);
}
