/** ioctl commands of the user-space headers, by number. */
import { constants, macros } from "./gcc.ts";

/** Each header is read alone: some do not go together. */
const headers = [
  "asm/ioctls.h",
  "linux/sockios.h",
  "linux/fs.h",
  "linux/loop.h",
  "linux/random.h",
  "linux/rtc.h",
  "linux/perf_event.h",
  "linux/userfaultfd.h",
  "linux/kvm.h",
  "linux/if_tun.h",
  "linux/btrfs.h",
  "linux/vt.h",
  "linux/kd.h",
  "linux/input.h",
  "linux/uinput.h",
  "linux/watchdog.h",
  "linux/nsfs.h",
  "linux/seccomp.h",
  "linux/hdreg.h",
  "linux/fuse.h",
  "linux/tty.h",
  "linux/blkpg.h",
  "linux/dm-ioctl.h",
  "linux/vhost.h",
  "linux/ppp-ioctl.h",
  "linux/sed-opal.h",
  "linux/fsverity.h",
  "linux/fscrypt.h",
  "linux/msdos_fs.h",
  "linux/inotify.h",
  "linux/fiemap.h",
  "linux/cdrom.h",
  "linux/mmtimer.h",
  "linux/raw.h",
  "linux/nbd.h",
];
/** Names that are numbers but not commands. */
const classic =
  /^(TC[A-Z]|TIOC[A-Z]|FIO[A-Z]|SIOC[A-Z]|BLK[A-Z]|KD[A-Z]|GIO_|PIO_|VT_[A-Z]+$|HDIO_|CDROM|FIBMAP|FIGETBSZ|FIFREEZE|FITHAW|FITRIM|FICLONE|FIDEDUPERANGE|NBD_)/;
const not =
  /^(TIOCPKT_|TIOCM_|TIOCSER_|VT_(AUTO|PROCESS|ACKACQ|EVENT|BREAK|MAX)|CDROM_(LBA|MSF|DATA|LEADOUT|MEDIA|AUDIO|CHANGE|DRIVE|MAX|PACKET|CD|MULTI|GET|XA|TIMEOUT|MCN|EXTENDED|DISC)|NBD_(CMD|FLAG|REQUEST|REPLY|CFLAG|SET_SOCK_)|HDIO_DRIVE_.*(HDR|SIZE)|BLK_TC|KD_)/;

export function ioctlTable(): string {
  const byNumber = new Map<number, Set<string>>();
  for (const header of headers) {
    let defined: Map<string, string>;
    try {
      defined = macros([header]);
    } catch {
      console.error(`warning: <${header}> cannot be read`);
      continue;
    }
    const names = [...defined]
      .filter(
        ([n, text]) =>
          /\b_IO(R|W|WR)?\(|\b(BTRFS|KVM|UFFD)?_?IO(R|W|WR)?\(/.test(text) ||
          (classic.test(n) && /^\(?(0x[0-9a-fA-F]+|\d+)\)?$|^[A-Z_0-9]+$/.test(text)),
      )
      .map(([n]) => n)
      .filter((n) => !not.test(n));
    for (const [name, value] of constants([header], names)) {
      if (value > 0xffffffffn || value < 0x100n) continue;
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
