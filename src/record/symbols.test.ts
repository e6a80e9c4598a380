import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { demangle } from "../symbols/demangle.ts";
import { withElfFile } from "../symbols/elf-file.ts";
import { ElfSymbols } from "../symbols/elf-symbols.ts";
import { KernelSymbols } from "../symbols/kernel-symbols.ts";
import { executable, parseMaps } from "../symbols/maps.ts";
import { Images } from "./images.ts";
import { Symbols } from "./symbols.ts";

const dir = mkdtempSync(join(tmpdir(), "svtrace-symbols-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("names of C++, Rust and C", () => {
  expect(demangle("_ZN3foo3barEi")).toBe("foo::bar(int)");
  expect(demangle("_RNvC6_123foo3bar")).toBe("123foo::bar");
  expect(demangle("malloc")).toBe("malloc");
  expect(demangle("_Zgarbage")).toBe("_Zgarbage");
});

test("symbols of node itself agree with nm", () => {
  const nm = spawnSync("nm", ["-D", "--defined-only", process.execPath], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const elf = withElfFile(process.execPath, ElfSymbols.of)!;
  const lines = (nm.stdout ?? "").split("\n").filter((l) => / T \w+$/.test(l));
  const some = lines.length > 0 ? lines : ["0000000000000000 T nothing"];
  if (lines.length === 0) console.log("nm is not here: only the shape of the table is tested");
  for (const line of some.slice(0, 200)) {
    const [address, , name] = line.split(" ");
    const found = elf.find(Number.parseInt(address, 16));
    if (lines.length > 0)
      expect([found?.start, name.length > 0]).toEqual([Number.parseInt(address, 16), true]);
  }
  expect(elf.find(0)).toBeUndefined();
});

test("what is no ELF file has no symbols", () => {
  const file = join(dir, "text");
  writeFileSync(file, "\x7fELF\x02\x01 but then nothing");
  expect(withElfFile(file, ElfSymbols.of)).toBeUndefined();
  expect(withElfFile("/no/such/file", ElfSymbols.of)).toBeUndefined();
});

test("kernel symbols; none when addresses are hidden", () => {
  const text = [
    "ffffffff81000000 T _stext",
    "ffffffff81000100 t do_it",
    "ffffffff81000180 d data",
    "ffffffffc0002000 t later\t[module]",
    "ffffffffc0001000 t earlier\t[module]",
    "",
  ].join("\n");
  const find = (address: number, from = text) => new KernelSymbols(Buffer.from(from)).find(address);
  const base = -0x7f000000;
  expect(find(base + 0x11f)).toBe("do_it");
  expect(find(base + 0xff)).toBe("_stext");
  expect(find(base - 1)).toBeUndefined();
  expect(find(-0x3fffe001)).toBe("earlier");
  expect(find(-0x3fffe000)).toBe("later");
  expect(find(0x120, text.replaceAll("ffffffff81000", "0000000000000"))).toBe("do_it");
  expect(find(5, "0000000000000000 T _stext\n")).toBeUndefined();
  expect(find(5, "cut off")).toBeUndefined();
});

test("addresses of this process", () => {
  const node = realpathSync(process.execPath);
  const ranges = parseMaps(
    "55d0-55d8 r-xp 00001000 08:01 42   /usr/bin/a b (deleted)\n7f00-7f10 rw-p 00000000 00:00 0 \n7fe0-7fe8 r-xp 00000000 00:00 0   [vdso]\n",
  ).filter(executable);
  expect(ranges).toMatchObject([
    { start: 0x55d0, end: 0x55d8, offset: 0x1000, path: "/usr/bin/a b", device: "08:01", inode: 42 },
    { start: 0x7fe0, end: 0x7fe8, offset: 0, path: "[vdso]" },
  ]);
  const images = new Images();
  const { module, offset } = images.locate(process.pid, images.process(process.pid, 0), 16, 0);
  expect([module.path, offset]).toEqual(["", 16]);
  expect(new Symbols().resolve({ id: 0, module: node, offset: 1, pid: process.pid }).module).toBe(node);
});

test("code compiled at run time is found by the process's perf map", () => {
  const pid = 2 ** 22 + 5;
  const path = `/tmp/perf-${pid}.map`;
  writeFileSync(path, "7f0000001000 40 _ZN1a1bEv\n");
  try {
    const frame = { id: 1, module: "[jit]", offset: 0x7f0000001020, pid };
    expect(new Symbols().resolve(frame)).toEqual({
      function: "a::b()",
      module: "[jit]",
      address: 0x7f0000001020,
    });
    // in memory that is mapped twice, to be written at one address and run at the other
    const shared = { id: 1, module: "/memfd:doublemapper", offset: 0x20, pid };
    const named = new Symbols().resolve({ ...shared, address: 0x7f0000001020 });
    expect(named).toEqual({ function: "a::b()", module: "[jit]", address: 0x7f0000001020 });
    const other = new Symbols().resolve({ ...shared, address: 0x7f0000005020 });
    expect(other).toEqual({ function: "", module: "/memfd:doublemapper", address: 0x20 });
  } finally {
    rmSync(path);
  }
});
