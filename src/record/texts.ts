/** Texts of one recording: each distinct one has an id and is written once. */
import type { NewTexts } from "./model.ts";

/** A text that remembers its id, so that a text used again and again is not looked up each time. */
export class Text {
  owner: Texts | undefined;
  generation = 0;
  id = 0;
  constructor(readonly text: string) {}
}

/** Beyond this many known texts (or characters in them) all are forgotten; a text that comes again gets a new id. */
const MAX_KNOWN = 50_000;
const MAX_CHARACTERS = 8e6;

export class Texts {
  /** Changes when ids given out before are not valid for new calls any more. */
  generation = 1;
  /** Characters in texts not yet taken. */
  characters = 0;
  private readonly ids = new Map<string, number>();
  private knownCharacters = 0;
  private fresh: string[] = [];
  /** Texts with smaller ids will not be used for new calls. */
  private settled: number;

  /** `base`: the first id. */
  constructor(private base = 0) {
    this.settled = base;
  }

  id(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.base + this.fresh.length;
      this.fresh.push(text);
      this.ids.set(text, id);
      this.characters += text.length;
      this.knownCharacters += text.length;
    }
    return id;
  }

  idOf(t: Text): number {
    if (t.owner !== this || t.generation !== this.generation) {
      t.id = this.id(t.text);
      t.owner = this;
      t.generation = this.generation;
    }
    return t.id;
  }

  /** Gives away the texts that are new since the last time. */
  take(): NewTexts {
    const taken = { base: this.base, texts: this.fresh, settled: this.settled };
    this.base += this.fresh.length;
    this.fresh = [];
    this.characters = 0;
    if (this.ids.size > MAX_KNOWN || this.knownCharacters > MAX_CHARACTERS) this.forget();
    return taken;
  }

  /** The texts taken last were not written. */
  giveBack({ base, texts }: NewTexts): void {
    this.base = base;
    this.fresh = [...texts, ...this.fresh];
    for (const t of texts) this.characters += t.length;
  }

  /** Nothing of before is known to who reads the recording. */
  restart(): void {
    this.base = 0;
    this.fresh = [];
    this.characters = 0;
    this.forget();
  }

  /** Keeps of the texts not yet taken those that `used` names; returns their new ids, by old id minus `from`. */
  compact(used: (id: number) => boolean): { from: number; ids: Int32Array } {
    const { fresh, base } = this;
    const ids = new Int32Array(fresh.length);
    this.forget();
    this.fresh = [];
    this.characters = 0;
    for (const [i, text] of fresh.entries()) if (used(base + i)) ids[i] = this.id(text);
    return { from: base, ids };
  }

  private forget(): void {
    this.settled = this.base;
    this.ids.clear();
    this.knownCharacters = 0;
    this.generation++;
  }
}
