/** System call numbers of the four ABIs. */
import { gcc } from "./gcc.ts";

/** Calls newer than the headers: arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl of Linux 6.18. */
const newer: Record<number, string> = {
  451: "cachestat",
  452: "fchmodat2",
  453: "map_shadow_stack",
  454: "futex_wake",
  455: "futex_wait",
  456: "futex_requeue",
  457: "statmount",
  458: "listmount",
  459: "lsm_get_self_attr",
  460: "lsm_set_self_attr",
  461: "lsm_list_modules",
  462: "mseal",
  463: "setxattrat",
  464: "getxattrat",
  465: "listxattrat",
  466: "removexattrat",
  467: "open_tree_attr",
  468: "file_getattr",
  469: "file_setattr",
};
const newerX86: Record<number, string> = { 335: "uretprobe", 336: "uprobe" };

const abis = {
  x86_64: { header: "asm/unistd_64.h", defines: [], extra: { ...newerX86, ...newer } },
  i386: { header: "asm/unistd_32.h", defines: [], extra: newer },
  x32: { header: "asm/unistd_x32.h", defines: [], extra: { ...newerX86, ...newer } },
  aarch64: {
    header: "asm-generic/unistd.h",
    // what arch/arm64/include/uapi/asm/unistd.h asks for
    defines: [
      "__BITS_PER_LONG=64",
      "__ARCH_WANT_RENAMEAT",
      "__ARCH_WANT_NEW_STAT",
      "__ARCH_WANT_SET_GET_RLIMIT",
      "__ARCH_WANT_TIME32_SYSCALLS",
      "__ARCH_WANT_SYS_CLONE3",
      "__ARCH_WANT_MEMFD_SECRET",
    ],
    extra: newer,
  },
} as const;

const X32_BIT = 0x40000000;
/** The generic header names calls by their 32-bit variants first; 64-bit machines use these. */
const generic: Record<string, string> = {
  "3264_fcntl": "fcntl",
  "3264_statfs": "statfs",
  "3264_fstatfs": "fstatfs",
  "3264_truncate": "truncate",
  "3264_ftruncate": "ftruncate",
  "3264_lseek": "lseek",
  "3264_sendfile": "sendfile",
  "3264_fstatat": "newfstatat",
  "3264_fstat": "fstat",
  "3264_mmap": "mmap",
  "3264_fadvise64": "fadvise64",
};

function table(abi: keyof typeof abis): string[] {
  const { header, defines, extra } = abis[abi];
  const r = gcc(["-dM", "-E", "-x", "c", ...defines.map((d) => `-D${d}`), "-"], `#include <${header}>\n`);
  if (!r.ok) throw new Error(`gcc cannot read <${header}>: ${r.stderr}`);
  const names: string[] = [];
  for (const [n, name] of Object.entries(extra)) names[Number(n)] = name;
  for (const m of r.stdout.matchAll(/^#define __NR_?(\w+) \(?(?:__X32_SYSCALL_BIT ?\+ ?)?(\d+)\)?$/gm)) {
    const name = generic[m[1]] ?? m[1];
    if (name === "syscalls" || name === "arch_specific_syscall") continue;
    names[Number(m[2]) & ~X32_BIT] = name;
  }
  return names;
}

export function syscallTables(): string {
  let out = "";
  for (const abi of Object.keys(abis) as (keyof typeof abis)[]) {
    const names = Array.from(table(abi), (n) => (n === undefined ? "" : n));
    out += `export const ${abi}: readonly string[] = [\n`;
    for (let i = 0; i < names.length; i += 6) {
      out += `  ${names
        .slice(i, i + 6)
        .map((n) => JSON.stringify(n))
        .join(", ")}, // ${i}\n`;
    }
    out += "];\n";
  }
  return out;
}
