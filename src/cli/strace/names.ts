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

const words: SocketWords = {
  quotable: (name) => escapeBytes(name, 0, name.length),
  netlinkFamily: (family) => enumName(F.netlink_protocols, family)?.replace(/^NETLINK_/, ""),
};

/** Fills in the look-ups the settings ask for. */
export function addNames(decode: DecodeOptions, s: StraceSettings): void {
  decode.interfaceText = interfaceText;
  decode.netlinkFamily = netlinkFamily;
  decode.genericName = (type) => {
    const name = genericFamily(type);
    return name === undefined ? undefined : escapeName(name);
  };
  if (s.fds.size > 0) {
    decode.fdText = (tid, fd) => fdText(tid, fd, s.fds);
    decode.pidfdProcess = pidfdProcess;
  }
  if (s.fds.has("path")) decode.cwdText = cwdText;
  if (s.comm) decode.pidText = commText;
}

function fdText(tid: number, fd: number, details: StraceSettings["fds"]): string | undefined {
  if (fd < 0) return undefined;
  const target = fdLink(tid, fd);
  if (target === undefined) return undefined;
  const inode = details.has("socket") ? socketInode(target) : undefined;
  if (inode !== undefined) return `<${socketText(tid, fd, Number(inode), words) ?? escapeName(target)}>`;
  if (details.has("pidfd") && target === PIDFD) {
    const pid = pidfdProcess(tid, fd);
    if (pid !== undefined) return `<pid:${pid}>`;
  }
  if (isDeleted(tid, fd, target))
    return details.has("path") ? `<${escapeName(target.slice(0, -DELETED.length))}>(deleted)` : undefined;
  const device = details.has("dev") && target.startsWith("/") ? deviceText(tid, fd) : "";
  return details.has("path") || device !== "" ? `<${escapeName(target)}${device}>` : undefined;
}

function cwdText(tid: number): string | undefined {
  const path = cwdOf(tid);
  return path === undefined ? undefined : `<${escapeName(path)}>`;
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

function interfaceText(index: number): string | undefined {
  const name = interfaceName(index);
  return name === undefined ? undefined : escapeName(name);
}

/** Bytes of a task's name (TASK_COMM_LEN less its NUL); of workers of the kernel /proc says more, and strace does not show it. */
const COMM = 15;

function commText(pid: number): string | undefined {
  const name = commOf(pid);
  return name === undefined ? undefined : escapeName(textOf(bytesOf(name).subarray(0, COMM)));
}
