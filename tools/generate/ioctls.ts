/** ioctl commands of the user-space headers, by number. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gcc, includes } from "./gcc.ts";

const INCLUDE = "/usr/include";
const folders = "asm asm-generic linux misc mtd rdma scsi sound video xen".split(" ");
/** libdrm-dev's: Debian leaves them out of linux-libc-dev. */
const drm = "drm i915_drm amdgpu_drm radeon_drm virtgpu_drm nouveau_drm"
  .split(" ")
  .map((name) => `libdrm/${name}.h`);

/** Numbers of commands from before _IOC, which alone do not look like commands. */
const classic =
  /^(TC(GET|SET|SBRK|XONC|FLSH)|TIOC[A-Z]|FIO[A-Z]|SIOC[A-Z]|KD[A-Z]|GIO_|PIO_|VT_[A-Z]+$|HDIO_|CDROM|FIBMAP|FIGETBSZ|FIFREEZE|FITHAW|FITRIM|FICLONE|FIDEDUPERANGE|NBD_|DVD_|SG_|SCSI_IOCTL_|LOOP_|KIOC|FBIO|IOCTL_VM)/;
const not =
  /^(TIOCPKT_|TIOCM_|TIOCSER_|VT_(AUTO|PROCESS|ACKACQ|EVENT|BREAK|MAX)|CDROM_(GET_UPC|LBA|MSF|DATA|LEADOUT|AUDIO|MAX|PACKET|CD|MULTI|XA|TIMEOUT|MCN|EXTENDED)|NBD_(CMD|FLAG|REQUEST|REPLY|CFLAG|SET_SOCK_)|HDIO_DRIVE_.*(HDR|SIZE)|KD_)|^SG_(BIG|DEF|FLAG)|^SCSI_IOCTL_TAGGED/;
/** Other architectures' commands, and second names of commands. */
const others =
  /^(_*KVM_(S390|PPC|ARM|DEPRECATED)_|HDIO_DRIVE_CMD_AEB|SIOC[GS]BPQ|TIOCINQ|SIOCGSTAMP(NS)?$|SIOCIWLAST$|DMA_BUF_SET_NAME$|PPPIOCGIDLE$|VIDIOC_SUBDEV_.*(STD|TIMINGS|TIMINGS_CAP|EDID)$|__(SNDRV|NET_)|.*LEGACY$)/;
const macroCall = /\b(_IOC|_?[A-Z0-9]*_?IO(R|W|WR|C)?) *\(/;

/** What headers need and do not include themselves. */
const types =
  "stddef.h stdint.h sys/types.h sys/socket.h linux/types.h linux/ioctl.h linux/major.h asm/termbits.h linux/fiemap.h linux/serial.h linux/filter.h".split(
    " ",
  );

function headersOf(folder: string): string[] {
  const dir = join(INCLUDE, folder);
  const here = existsSync(dir) ? dir : join(INCLUDE, "x86_64-linux-gnu", folder);
  if (!existsSync(here)) return [];
  return readdirSync(here, { recursive: true, encoding: "utf8" })
    .filter(
      (f) => f.endsWith(".h") && /\b_IO|_IO\(|0x[0-9a-fA-F]{3}/.test(readFileSync(join(here, f), "latin1")),
    )
    .sort()
    .map((f) => `${folder}/${f}`);
}

/** What a header defines itself: what it includes is read under its own name. */
function ownMacros(header: string): Map<string, string> {
  const r = gcc(["-dD", "-E", "-x", "c", "-"], includes([...types, header]));
  const own = new Map<string, string>();
  let file = "";
  for (const line of r.stdout.split("\n")) {
    const marker = /^# \d+ "([^"]*)"/.exec(line);
    if (marker) file = marker[1];
    else if (file.endsWith(header)) {
      const m = /^#define (\w+) (.+)$/.exec(line);
      if (m) own.set(m[1], m[2]);
    }
  }
  return own;
}

/** Values of macros; none if the header cannot be compiled outside the kernel. */
function valuesOf(header: string, names: readonly string[]): Map<string, bigint> {
  if (names.length === 0) return new Map();
  try {
    return constants([...types, header], names);
  } catch (error) {
    console.error(`warning: <${header}>: ${(error as Error).message.split("\n")[1]}`);
    return new Map();
  }
}

export function ioctlTable(): string {
  const byNumber = new Map<number, Set<string>>();
  for (const header of [...folders.flatMap(headersOf), ...drm]) {
    const defined = ownMacros(header);
    const names = [...defined]
      .filter(
        ([n, text]) =>
          macroCall.test(text) || (classic.test(n) && /^\(?(0x[0-9a-fA-F]+|\d+)\)?$|^[A-Z_0-9]+$/.test(text)),
      )
      .map(([n]) => n)
      .filter((n) => !not.test(n) && !others.test(n));
    for (const [name, value] of valuesOf(header, names)) {
      if (value > 0xffffffffn || (value < 0x100n && !/^FI(BMAP|GETBSZ)$/.test(name))) continue;
      const n = Number(value);
      const set = byNumber.get(n) ?? new Set();
      byNumber.set(n, set.add(name));
    }
  }
  const rows = [...byNumber]
    .sort((a, b) => a[0] - b[0])
    .map(([n, names]) => `  [${n}, ${JSON.stringify([...names].sort())}],\n`);
  return `export const ioctls: readonly (readonly [number, readonly string[]])[] = [\n${rows.join("")}];\n`;
}
