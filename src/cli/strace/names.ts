/** What -y, -yy and -Y add to numbers. */
import { statSync } from "node:fs";
import * as F from "../../abi/flags.ts";
import { bytesOf, textOf } from "../../base/bytes.ts";
import { enumName } from "../../decode/flags.ts";
import type { DecodeOptions } from "../../decode/options.ts";
import { interfaceName } from "../../kernel/interfaces.ts";
import { genericFamily, netlinkFamily } from "../../kernel/netlink.ts";
import { type SocketWords, socketText } from "../../kernel/socket-text.ts";
import { socketInode } from "../../kernel/sockets.ts";
import { commOf, cwdOf, DELETED, fdLink, isDeleted, PIDFD, pidfdProcess } from "../../kernel/tasks.ts";
import { escapeBytes, escapeName } from "../../render/escape.ts";
import type { StraceSettings } from "./settings.ts";

/** Bytes of a task's name (TASK_COMM_LEN less its NUL); of workers of the kernel /proc says more, and strace does not show it. */
const COMM = 15;

/** How names are shown. */
interface Style extends SocketWords {
  readonly details: StraceSettings["fds"];
  escaped(name: string): string;
}

/** Fills in the look-ups the settings ask for. */
export function addNames(decode: DecodeOptions, s: StraceSettings): void {
  const { hexStrings } = decode;
  const escaped = (name: string) => escapeName(name, hexStrings);
  const ifAny = (name: string | undefined) => (name === undefined ? undefined : escaped(name));
  decode.interfaceText = (index) => ifAny(interfaceName(index));
  decode.netlinkFamily = netlinkFamily;
  decode.genericName = (type) => ifAny(genericFamily(type));
  if (s.fds.size > 0) {
    const style: Style = {
      details: s.fds,
      escaped,
      quotable: (name) => escapeBytes(name, 0, name.length, hexStrings),
      netlinkFamily: (family) => enumName(F.netlink_protocols, family)?.replace(/^NETLINK_/, ""),
    };
    decode.fdText = (tid, fd) => fdText(tid, fd, style);
    decode.pidfdProcess = pidfdProcess;
  }
  if (s.fds.has("path")) {
    decode.cwdText = (tid) => {
      const path = cwdOf(tid);
      return path === undefined ? undefined : `<${escaped(path)}>`;
    };
  }
  if (s.comm) {
    decode.pidText = (pid) => {
      const name = commOf(pid);
      return name === undefined ? undefined : escaped(textOf(bytesOf(name).subarray(0, COMM)));
    };
  }
}

function fdText(tid: number, fd: number, style: Style): string | undefined {
  const { details, escaped } = style;
  if (fd < 0) return undefined;
  const target = fdLink(tid, fd);
  if (target === undefined) return undefined;
  const inode = details.has("socket") ? socketInode(target) : undefined;
  if (inode !== undefined) return `<${socketText(tid, fd, Number(inode), style) ?? escaped(target)}>`;
  if (details.has("pidfd") && target === PIDFD) {
    const pid = pidfdProcess(tid, fd);
    if (pid !== undefined) return `<pid:${pid}>`;
  }
  if (isDeleted(tid, fd, target))
    return details.has("path") ? `<${escaped(target.slice(0, -DELETED.length))}>(deleted)` : undefined;
  const device = details.has("dev") && target.startsWith("/") ? deviceText(tid, fd) : "";
  return details.has("path") || device !== "" ? `<${escaped(target)}${device}>` : undefined;
}

/** `<char 1:3>` behind the path of a device. */
function deviceText(tid: number, fd: number): string {
  try {
    const s = statSync(`/proc/${tid}/fd/${fd}`);
    const kind = s.isCharacterDevice() ? "char" : s.isBlockDevice() ? "block" : undefined;
    return kind ? `<${kind} ${(s.rdev >>> 8) & 0xfff}:${(s.rdev & 0xff) | ((s.rdev >>> 12) & 0xfff00)}>` : "";
  } catch {
    return "";
  }
}
