/** `log/multilog`: multilog's arguments in a file, quoted as for a shell, on as many lines as one likes. */
import { parseScript, type Script } from "../multilog/script.ts";

/** What is wrong with a script. */
export class ScriptError extends Error {}

const KNOWN = new Set(["+", "-", "e", "=", "s", "n", "!", ".", "/"]);

/** The words of a script: blanks separate, quotes and backslashes quote, # at a word's start begins a comment. */
export function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (/\s/.test(c)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else if (c === "#" && word === undefined) {
      while (i + 1 < text.length && text[i + 1] !== "\n") i++;
    } else if (c === "'" || c === '"') {
      word ??= "";
      for (i++; i < text.length && text[i] !== c; i++) {
        if (c === '"' && text[i] === "\\" && /["\\$`]/.test(text[i + 1] ?? "")) i++;
        word += text[i];
      }
      if (i === text.length) throw new ScriptError(`a ${c} has no end`);
    } else {
      if (c === "\\" && i + 1 < text.length) i++;
      word = (word ?? "") + text[i];
    }
  }
  if (word !== undefined) found.push(word);
  return found;
}

/** The script in a file's text. Throws ScriptError. */
export function parseScriptFile(text: string): Script {
  const argv = words(text);
  for (const [i, word] of argv.entries()) {
    // multilog ignores what it does not know; here nobody would see that
    if (!KNOWN.has(word[0]) && !(i === 0 && word === "t")) {
      throw new ScriptError(word === "t" ? "t must come first" : `unknown action ${JSON.stringify(word)}`);
    }
  }
  const script = parseScript(argv);
  if (script.actions.every((a) => a.kind === "select")) throw new ScriptError("it names no log");
  return script;
}
