import { expect, test } from "vitest";
import { parseScriptFile, ScriptError, words } from "./script-file.ts";

test("words are a shell's", () => {
  expect(words(`t s1000 './a b' "c \\"d\\" \\e"\n# none\n+x#y \\'z 'a'"b"c ''`)).toEqual([
    "t",
    "s1000",
    "./a b",
    'c "d" \\e',
    "+x#y",
    "'z",
    "abc",
    "",
  ]);
  expect(words(" \n#x")).toEqual([]);
  expect(() => words("'a")).toThrow(ScriptError);
});

test("a script is multilog's, and mistakes are errors", () => {
  expect(parseScriptFile("t n3\n-* ./main")).toMatchObject({
    stamp: true,
    actions: [
      { kind: "select", keep: false },
      { kind: "dir", dir: "./main", size: 99999, count: 3 },
    ],
  });
  expect(parseScriptFile("=x")).toMatchObject({ stamp: false });
  for (const [text, complaint] of [
    ["./main t", "t must come first"],
    ["main", 'unknown action "main"'],
    ["ts4096 ./main", 'unknown action "ts4096"'],
    ["-*", "it names no log"],
    ["", "it names no log"],
  ]) {
    expect(() => parseScriptFile(text)).toThrow(complaint);
  }
});
