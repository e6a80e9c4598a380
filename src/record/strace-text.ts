/** Calls as strace text by way of the decoder. */
import type { Task } from "../capture/event.ts";
import type { Memory } from "../capture/memory.ts";
import { Decoder } from "../decode/call.ts";
import { defaultOptions } from "../decode/options.ts";
import { returnText } from "../render/returns.ts";
import type { TextSettings } from "../render/settings.ts";
import { TextSink } from "../render/text-sink.ts";
import type { CallText, Entry } from "./text.ts";

/** Bytes of a string that are kept: enough for the name in a DNS query. */
const STRING_LIMIT = 96;

export class StraceText implements CallText {
  private readonly decode = { ...defaultOptions(), stringLimit: STRING_LIMIT };
  private readonly sink = new TextSink(this.decode);
  private readonly decoder = new Decoder(this.sink, this.decode);
  private readonly settings = { decode: this.decode } as TextSettings;

  enter(task: Task, memory: Memory): Entry {
    const { sink } = this;
    sink.line = "";
    sink.begin();
    const complete = this.decoder.enter(task, memory);
    return { text: complete || !sink.any ? sink.line : `${sink.line}, `, complete };
  }

  exit(task: Task, memory: Memory, entry: Entry): { args: string; ret: string } {
    const { sink } = this;
    sink.line = entry.text;
    sink.resume();
    if (!entry.complete) this.decoder.exitArgs(task, memory);
    const args = sink.line;
    const ret = returnText(task, this.settings);
    const aux = task.call.error === 0 ? this.decoder.aux(task, memory) : undefined;
    return { args, ret: aux === undefined ? ret : `${ret} (${aux})` };
  }

  siginfo(task: Task, info: DataView): string {
    this.sink.line = "";
    this.decoder.siginfo(task, noMemory, info);
    return this.sink.line;
  }
}

/** A siginfo is complete in itself. */
const noMemory = undefined as unknown as Memory;
