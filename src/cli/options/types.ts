/** A program's command line as data: parsing, --help, manual pages and shell completions are made from it. */

/** What a value is, for completions: a word of a list, or one of these. */
export type Kind =
  | "service"
  | "directory"
  | "file"
  | "recording"
  | "command"
  | "user"
  | "pid"
  | "program"
  | "shell"
  | "text"
  | readonly string[];

export interface Option {
  /** One letter, without the dash. */
  readonly short?: string;
  readonly long?: string;
  /** The value's name in help; no value if absent. */
  readonly value?: string;
  /** The value may be left out; it is then attached with `=`. */
  readonly optional?: boolean;
  readonly kind?: Kind;
  /** What giving it more than once does: values are joined by commas, or it is refused. Else the last one counts. */
  readonly again?: "joins" | "refused";
  readonly help: string;
}

export interface Operand {
  readonly name: string;
  readonly kind: Kind;
  readonly optional?: boolean;
  readonly repeated?: boolean;
}

export interface Program {
  readonly name: string;
  /** One line, as after the name in a manual page. */
  readonly summary: string;
  /** Known by its own name (through links), not only as `svtrace NAME`. */
  readonly applet?: boolean;
  /** Section of the manual: 1 commands, 8 administration. */
  readonly section: 1 | 8;
  /** Where the operands are not all there is to say: the lines after the program's name. */
  readonly synopsis?: readonly string[];
  readonly options?: readonly Option[];
  readonly operands?: readonly Operand[];
  /** The last operand is a command with arguments of its own: options end before it. */
  readonly runsCommand?: boolean;
  /** Paragraphs. */
  readonly description: readonly string[];
  /** Code and meaning. */
  readonly exits: readonly (readonly [code: string, meaning: string])[];
  /** Command lines and what they do. */
  readonly examples?: readonly (readonly [command: string, what: string])[];
  readonly files?: readonly (readonly [path: string, what: string])[];
  /** Names of other pages, `svc(8)`. */
  readonly seeAlso?: readonly string[];
  /** Not for people; left out of lists and completions. */
  readonly internal?: boolean;
}
