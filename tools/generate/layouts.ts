/** Struct layouts on x86-64, i386 and, where it differs from x86-64, x32, read from compiler debug information. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Btf } from "./btf.ts";
import type { StructSpec } from "./flags.ts";
import { gcc, includes, withTempDir } from "./gcc.ts";

const abis = [
  { name: "x86_64", flag: "-m64", pointer: 8 },
  { name: "i386", flag: "-m32", pointer: 4 },
  { name: "x32", flag: "-mx32", pointer: 4 },
] as const;

export function layoutTables(structs: Readonly<Record<string, StructSpec>>): string {
  let out = 'import type { Layout } from "../layout-types.ts";\n';
  const wide = new Map<string, string>();
  for (const abi of abis) {
    out += `export const ${abi.name}: Readonly<Record<string, Layout>> = {\n`;
    for (const name of Object.keys(structs).sort()) {
      const l = one(name, structs[name], abi.flag, abi.pointer);
      if (!l) continue;
      let text = `  ${name}: {\n    name: "${name}",\n    size: ${l.size},\n    fields: [\n`;
      for (const f of l.fields) text += `      ${JSON.stringify(f)},\n`;
      text += "    ],\n  },\n";
      if (abi.name === "x86_64") wide.set(name, text);
      if (abi.name !== "x32" || wide.get(name) !== text) out += text;
    }
    out += "};\n";
  }
  return out;
}

function one(name: string, spec: StructSpec, flag: string, pointer: number) {
  return withTempDir((dir) => {
    const object = join(dir, "o.o");
    const source = `#define _GNU_SOURCE 1\n${includes(spec.headers)}${spec.prelude ?? ""}\ntypedef ${spec.type ?? `struct ${name}`} wanted_type;\nwanted_type variable;\n`;
    const r = gcc(["-c", flag, "-gbtf", "-x", "c", "-o", object, "-"], source);
    if (!r.ok) {
      console.error(`warning: struct ${name} (${flag}): ${r.stderr.split("\n").slice(0, 3).join(" ")}`);
      return undefined;
    }
    return new Btf(readFileSync(object), pointer).layout("wanted_type");
  });
}
