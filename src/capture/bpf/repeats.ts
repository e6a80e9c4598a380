/** Finds calls that equal an earlier one in everything but times and task, so that their text need not be made again. */

/** 32-bit words of a call that are compared; larger ones are always fresh. */
const WORDS = 64;
const SLOTS = 1024;

export class Repeats {
  private readonly kept = new Uint32Array(SLOTS * WORDS);
  private readonly lengths = new Uint16Array(SLOTS);
  slot = -1;
  fresh = true;

  /** Looks `count` words at index `at` up, and keeps them. */
  look(words: Uint32Array, at: number, count: number, kind: number): void {
    if (count > WORDS) {
      this.slot = -1;
      this.fresh = true;
      return;
    }
    let h = count + kind;
    for (let i = 0; i < count; i++) h = Math.imul(h ^ words[at + i], 0x01000193);
    h ^= h >>> 15;
    const slot = (h >>> 0) % SLOTS;
    this.slot = slot;
    const { kept } = this;
    const base = slot * WORDS;
    const tag = count | (kind << 8);
    if (this.lengths[slot] === tag) {
      let i = 0;
      while (i < count && kept[base + i] === words[at + i]) i++;
      if (i === count) {
        this.fresh = false;
        return;
      }
    }
    this.fresh = true;
    this.lengths[slot] = tag;
    for (let i = 0; i < count; i++) kept[base + i] = words[at + i];
  }
}
