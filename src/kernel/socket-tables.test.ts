/** Unix sockets are found whatever bytes their names are made of. */
import { expect, test } from "vitest";
import { unixSocket } from "./socket-tables.ts";

const entry = (inode: string, name = "", type = "0001") =>
  `ffff9b2f00000001: 00000002 00000000 00010000 ${type} 01 ${inode.padStart(5)}${name && ` ${name}`}\n`;
const table = (...entries: string[]) =>
  `Num       RefCount Protocol Flags    Type St Inode Path\n${entries.join("")}`;

test("a name is the rest of its entry", () => {
  const text = table(
    entry("7"),
    entry("100", "/a b  c "),
    entry("101", "x\r\n\x85y\n", "0002"),
    entry("102", "@abs", "0005"),
  );
  expect(unixSocket(text, "7")).toEqual({ name: "" });
  expect(unixSocket(text, "100")).toEqual({ name: "/a b  c " });
  expect(unixSocket(text, "101")).toEqual({ name: "x\r\n\x85y\n" });
  expect(unixSocket(text, "102")).toEqual({ name: "@abs" });
  expect(unixSocket(text, "10")).toBeUndefined();
});

test("a name that looks like another socket's entry is not believed", () => {
  const forged = entry("100", "/forged").trimEnd();
  expect(unixSocket(table(entry("100", "/real"), entry("7", `x\n${forged}`)), "100")).toBeUndefined();
  expect(unixSocket(table(entry("7", `x\r${forged}`), entry("100", "/real")), "100")?.name).toBe("/real");
  expect(unixSocket(table(entry("7", "x\na: b c d 0001 e 100 /f"), entry("100")), "100")?.name).toBe("");
});
