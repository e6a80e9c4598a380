/** Regular expressions as regcomp(3) takes them with REG_EXTENDED, which differ from V8's in what brackets hold. */
import { UsageError } from "../../base/errors.ts";

/** What regcomp(3) says instead of V8. */
const mistakes: readonly (readonly [RegExp, string])[] = [
  [/Unterminated group/, "Unmatched ( or \\("],
  [/Nothing to repeat/, "Invalid preceding regular expression"],
  [/at end of pattern/, "Trailing backslash"],
  [/Range out of order/, "Invalid range end"],
  [/numbers out of order/, "Invalid content of \\{\\}"],
];

/** Names of character classes, in the C locale. */
const classes: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-/:-@\\[-`{-~",
  space: "\\s",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
};

/** What stands for itself outside of brackets, or a whole bracket: a `]` at its start, and one that ends a class, do not end it. */
const PIECE = /\\.|\[(\^|(?!\^))((?:\]|(?!\]))(?:\[([:.=])(?:(?!\3\]).)*\3\]|(?!\[[:.=])[^\]])*)\]|\[/gs;
/** Within a bracket: a class, one character by name, or what only V8 gives a meaning. */
const MEMBER = /\[:((?:(?!:\]).)*):\]|\[([.=])((?:(?!\2\]).)*)\2\]|[\\\][^]/gs;

/** A letter would mean something with a backslash. */
const literal = (character: string): string => (/\w/.test(character) ? character : `\\${character}`);

/** Throws UsageError with what strace says. */
export function regularExpression(text: string): RegExp {
  const fail = (why: string) => new UsageError(`regcomp: ${text}: ${why}`);
  // a closing parenthesis without an opening one stands for itself
  const pattern = text.includes("(") ? text : text.replace(/(^|[^\\])\)/g, "$1\\)");
  const translated = pattern.replace(PIECE, (piece, not, members, _kind, at) => {
    if (members !== undefined) return `[${not}${translatedMembers(members, fail)}]`;
    if (piece === "[" && !/^\[\^?$/.test(pattern.slice(at))) throw fail("Unmatched [, [^, [:, [., or [=");
    return piece;
  });
  try {
    return new RegExp(translated);
  } catch (error) {
    const why = mistakes.find(([words]) => words.test((error as Error).message))?.[1];
    throw fail(why ?? "Invalid regular expression");
  }
}

function translatedMembers(members: string, fail: (why: string) => UsageError): string {
  return members.replace(MEMBER, (member, name, _kind, character) => {
    if (name === undefined && character === undefined) return literal(member);
    if (name === undefined && character.length !== 1) throw fail("Invalid collation character");
    if (name === undefined) return literal(character);
    if (!Object.hasOwn(classes, name)) throw fail("Invalid character class name");
    return classes[name];
  });
}
