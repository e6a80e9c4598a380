/** Finds calls that equal an earlier one in everything but times and task, so that their text need not be made again. */

/** 32-bit words of a call that are compared; larger ones are always fresh. */
const WORDS = 64;
/** A power of two. */
const SLOTS = 1024;

export class Repeats {
  private readonly kept = new Uint32Array(SLOTS * WORDS);
  private readonly lengths = new Uint16Array(SLOTS);
  slot = -1;
  fresh = true;

  /** Looks `count` words (an even number) at index `at` up, and keeps them. `kind`: bits 8 to 15. */
  look(words: Uint32Array, at: number, count: number, kind: number): void {
    if (count > WORDS) {
      this.slot = -1;
      this.fresh = true;
      return;
    }
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
    const slot = (h ^ (h >>> 13)) & (SLOTS - 1);
    this.slot = slot;
    const { kept } = this;
    const base = slot * WORDS;
    const tag = count | kind;
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
