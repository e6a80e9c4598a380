import { expect, test } from "vitest";
import { parseMaps } from "./maps.ts";

const paths = (maps: string) => parseMaps(Buffer.from(maps).toString("latin1")).map((m) => m.path);

test("paths are whole, whatever is in them", () => {
  const line = (path: string) => `55d0-55d1 r-xp 00001000 08:01 42       ${path}\n`;
  const some = ["/a\rb", "/c\u2028d\u0085", "", "/e (deleted)", "[vdso]", "/f\r"];
  expect(paths(some.map(line).join(""))).toEqual(["/a\rb", "/c\u2028d\u0085", "", "/e", "[vdso]", "/f\r"]);
  expect(parseMaps("55d0-55d1 r-xp 00001000 08:01 42 /a\xffb").map((m) => m.path)).toEqual(["/a\udcffb"]);
});
