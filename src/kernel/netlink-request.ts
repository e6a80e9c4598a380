/** Questions to the kernel over netlink(7). */
import { closeSync } from "node:fs";
import { addressOf, libc } from "./ffi.ts";

const socket = libc("int socket(int domain, int type, int protocol)");
const send = libc("long send(int fd, uintptr_t buf, unsigned long len, int flags)");
const recv = libc("long recv(int fd, uintptr_t buf, unsigned long len, int flags)");

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

/** Bytes of struct nlmsghdr: a request's content starts there. */
export const NLMSG_HEADER = 16;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300;

/** No message of a dump is longer. */
let reply: Buffer | undefined;

/**
 * Sends a request, whose header is filled in, to a family (NETLINK_GENERIC …) and hands each message of the answer, without its
 * header and only until the next, to `take`, until that says that it needs no more. False if it never said so: there was no
 * answer, or it is cut short. `dump`: all there are are asked for.
 */
export function ask(
  family: number,
  type: number,
  dump: boolean,
  request: Buffer,
  take: (type: number, message: Buffer) => boolean,
): boolean {
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(type, 4);
  request.writeUInt16LE(NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0), 6);
  // one for each question: what is left of an answer goes with it
  const fd = Number(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family));
  if (fd < 0) return false;
  reply ??= Buffer.alloc(1 << 16);
  try {
    if (Number(send(fd, addressOf(request), request.length, 0)) !== request.length) return false;
    for (;;) {
      const length = Number(recv(fd, addressOf(reply), reply.length, 0));
      if (length < NLMSG_HEADER) return false;
      for (let at = 0; at + NLMSG_HEADER <= length; ) {
        const size = reply.readUInt32LE(at);
        if (size < NLMSG_HEADER || at + size > length) return false;
        if (take(reply.readUInt16LE(at + 4), reply.subarray(at + NLMSG_HEADER, at + size))) return true;
        at += (size + 3) & ~3;
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** Calls `take` with the type and content of each attribute (struct nlattr) from `from` on. */
export function attributes(
  message: Buffer,
  from: number,
  take: (type: number, content: Buffer) => void,
): void {
  for (let at = from; at + 4 <= message.length; ) {
    const size = message.readUInt16LE(at);
    if (size < 4) break;
    take(message.readUInt16LE(at + 2), message.subarray(at + 4, at + size));
    at += (size + 3) & ~3;
  }
}
