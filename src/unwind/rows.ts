/** Executes call frame instructions: how the caller's registers are found at one address. DWARF 5, section 6.4. */
import { Cursor } from "./cursor.ts";
import type { Common, Entry } from "./frame-table.ts";

/** States that may be remembered at once. */
const MAX_REMEMBERED = 64;
/** Columns of registers; x86 has 17 that matter. */
const MAX_REGISTER = 128;

/** Where a register of the caller is: at CFA + offset, that itself, in a register, by an expression, or lost. */
export type Rule =
  | { readonly kind: "offset" | "value"; readonly offset: number }
  | { readonly kind: "register"; readonly register: number }
  | { readonly kind: "expression" | "valueOf"; readonly code: Buffer }
  | { readonly kind: "undefined" };

/** The canonical frame address: a register and an offset, or an expression. */
export type Frame = { readonly register: number; readonly offset: number } | { readonly code: Buffer };

export interface Row {
  readonly frame: Frame;
  readonly rules: ReadonlyMap<number, Rule>;
  readonly returnColumn: number;
  readonly signal: boolean;
}

interface State {
  frame: Frame | undefined;
  rules: Map<number, Rule>;
}

class Interpreter {
  state: State = { frame: undefined, rules: new Map() };
  initial: ReadonlyMap<number, Rule> = new Map();
  private readonly remembered: State[] = [];
  private location: number;

  constructor(
    private readonly common: Common,
    start: number,
    private readonly target: number,
    private readonly width: 4 | 8,
  ) {
    this.location = start;
  }

  run(instructions: Buffer): void {
    const code = new Cursor(instructions, 0, this.width);
    while (code.at < instructions.length && this.location <= this.target) this.step(code);
  }

  private advance(by: number): void {
    this.location += by * this.common.codeAlign;
  }

  private set(register: number, rule: Rule): void {
    if (register > MAX_REGISTER) throw new RangeError("no such register");
    this.state.rules.set(register, rule);
  }

  private restore(register: number): void {
    const rule = this.initial.get(register);
    if (rule) this.set(register, rule);
    else this.state.rules.delete(register);
  }

  private offset(register: number, offset: number): void {
    this.set(register, { kind: "offset", offset: offset * this.common.dataAlign });
  }

  private step(code: Cursor): void {
    const op = code.u8();
    const low = op & 0x3f;
    const high = op & 0xc0;
    if (high === 0x40) this.advance(low);
    else if (high === 0x80) this.offset(low, code.uleb());
    else if (high === 0xc0) this.restore(low);
    else this.extended(op, code);
  }

  private extended(op: number, code: Cursor): void {
    const { state, common } = this;
    switch (op) {
      case 0x00: // nop
        break;
      case 0x01: // set_loc: in code of its own only, never with a relative encoding
        this.location = code.value(common.pointerEncoding & 0x0f);
        break;
      case 0x02:
        this.advance(code.u8());
        break;
      case 0x03:
        this.advance(code.u16());
        break;
      case 0x04:
        this.advance(code.u32());
        break;
      case 0x05: // offset_extended
        this.offset(code.uleb(), code.uleb());
        break;
      case 0x06: // restore_extended
        this.restore(code.uleb());
        break;
      case 0x07: // undefined
        this.set(code.uleb(), { kind: "undefined" });
        break;
      case 0x08: // same_value
        state.rules.delete(code.uleb());
        break;
      case 0x09: // register
        this.set(code.uleb(), { kind: "register", register: code.uleb() });
        break;
      case 0x0a: // remember_state
        if (this.remembered.length >= MAX_REMEMBERED) throw new RangeError("too many states remembered");
        this.remembered.push({ frame: state.frame, rules: new Map(state.rules) });
        break;
      case 0x0b: {
        // restore_state
        const former = this.remembered.pop();
        if (!former) throw new RangeError("no state remembered");
        this.state = former;
        break;
      }
      case 0x0c: // def_cfa
        state.frame = { register: code.uleb(), offset: code.uleb() };
        break;
      case 0x0d: // def_cfa_register
        this.frameRegister(code.uleb());
        break;
      case 0x0e: // def_cfa_offset
        this.frameOffset(code.uleb());
        break;
      case 0x0f: // def_cfa_expression
        state.frame = { code: code.take(code.uleb()) };
        break;
      case 0x10: // expression
        this.set(code.uleb(), { kind: "expression", code: code.take(code.uleb()) });
        break;
      case 0x11: // offset_extended_sf
        this.offset(code.uleb(), code.sleb());
        break;
      case 0x12: // def_cfa_sf
        state.frame = { register: code.uleb(), offset: code.sleb() * common.dataAlign };
        break;
      case 0x13: // def_cfa_offset_sf
        this.frameOffset(code.sleb() * common.dataAlign);
        break;
      case 0x14: // val_offset
        this.set(code.uleb(), { kind: "value", offset: code.uleb() * common.dataAlign });
        break;
      case 0x15: // val_offset_sf
        this.set(code.uleb(), { kind: "value", offset: code.sleb() * common.dataAlign });
        break;
      case 0x16: // val_expression
        this.set(code.uleb(), { kind: "valueOf", code: code.take(code.uleb()) });
        break;
      case 0x2e: // GNU_args_size
        code.uleb();
        break;
      case 0x2f: // GNU_negative_offset_extended
        this.offset(code.uleb(), -code.uleb());
        break;
      default:
        throw new RangeError("unknown call frame instruction");
    }
  }

  private frameRegister(register: number): void {
    const { frame } = this.state;
    if (!frame || "code" in frame) throw new RangeError("no frame register to replace");
    this.state.frame = { register, offset: frame.offset };
  }

  private frameOffset(offset: number): void {
    const { frame } = this.state;
    if (!frame || "code" in frame) throw new RangeError("no frame offset to replace");
    this.state.frame = { register: frame.register, offset };
  }
}

/** The row for an address in `entry`; undefined if its instructions do not add up. */
export function rowAt(
  { common, start, instructions }: Entry,
  address: number,
  width: 4 | 8,
): Row | undefined {
  try {
    const interpreter = new Interpreter(common, start, address, width);
    interpreter.run(common.instructions);
    interpreter.initial = new Map(interpreter.state.rules);
    interpreter.run(instructions);
    const { frame, rules } = interpreter.state;
    return frame && { frame, rules, returnColumn: common.returnColumn, signal: common.signal };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
