/** What stands in a scan directory. */
import { readdirSync } from "node:fs";
import { bytesOf, textOf } from "../base/bytes.ts";

export interface ScanName {
  readonly name: string;
  readonly link: boolean;
}

/** All names but those that begin with a dot, which are no services'. Throws what readdir(3) does. */
export const namesIn = (dir: string): ScanName[] =>
  readdirSync(bytesOf(dir), { encoding: "buffer", withFileTypes: true })
    .map((e) => ({ name: textOf(e.name), link: e.isSymbolicLink() }))
    .filter(({ name }) => !name.startsWith("."));
