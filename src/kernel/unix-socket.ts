/** What node:net cannot do with Unix sockets: datagrams with the sender's credentials, and a peer's. */
import { closeSync } from "node:fs";
import { addressOf, check, errno, libc, sysError } from "./ffi.ts";

const socket = libc("int socket(int domain, int type, int protocol)");
const bind = libc("int bind(int fd, void *address, unsigned int length)");
const setsockopt = libc("int setsockopt(int fd, int level, int name, void *value, unsigned int length)");
const getsockopt = libc("int getsockopt(int fd, int level, int name, void *value, void *length)");
const recvmsg = libc("intptr_t recvmsg(int fd, void *message, int flags)");

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PASSCRED = 16;
const SO_PEERCRED = 17;
const SCM_CREDENTIALS = 2;
const MSG_PEEK = 2;
const EAGAIN = 11;
const MAX_NAME = 107;
const TEXT_BYTES = 4096;
/** struct cmsghdr (16 bytes), then struct ucred: pid, uid, gid. */
const CONTROL_BYTES = 32;

export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Datagram {
  readonly text: string;
  /** The sender's, vouched for by the kernel. */
  readonly from: Credentials | undefined;
}

/** A socket for datagrams in the abstract namespace, that does not block: its descriptor. Throws SysError. */
export function datagramSocket(name: string): number {
  const fd = check(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket(AF_UNIX)");
  const path = Buffer.from(name).subarray(0, MAX_NAME);
  const address = Buffer.alloc(3 + path.length);
  address.writeUInt16LE(AF_UNIX);
  path.copy(address, 3);
  setsockopt(fd, SOL_SOCKET, SO_PASSCRED, Int32Array.of(1), 4);
  if (bind(fd, address, address.length) === 0) return fd;
  const error = sysError(`bind(@${name})`);
  closeSync(fd);
  throw error;
}

/**
 * The next datagram (what is longer than 4 KiB is cut); undefined if there is none. Descriptors sent along are closed. With
 * `peek` it stays there.
 */
export function receive(fd: number, peek = false): Datagram | undefined {
  const text = Buffer.alloc(TEXT_BYTES);
  const control = Buffer.alloc(CONTROL_BYTES);
  const iov = BigUint64Array.of(BigInt(addressOf(text)), BigInt(text.length));
  const message = BigUint64Array.of(
    0n,
    0n,
    BigInt(addressOf(iov)),
    1n,
    BigInt(addressOf(control)),
    BigInt(control.length),
    0n,
  );
  const n = Number(recvmsg(fd, message, peek ? MSG_PEEK : 0));
  if (n < 0) {
    if (errno() === EAGAIN) return undefined;
    throw sysError("recvmsg()");
  }
  const whole = message[5] >= BigInt(16 + 12);
  const credentials =
    whole && control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_CREDENTIALS;
  // iov is only known by its address: it is used here so that it lived until now
  return {
    text: text.toString("latin1", 0, Math.min(n, Number(iov[1]))),
    from: credentials
      ? { pid: control.readInt32LE(16), uid: control.readUInt32LE(20), gid: control.readUInt32LE(24) }
      : undefined,
  };
}

/** Who connected a stream socket. Throws SysError. */
export function peerOf(fd: number): Credentials {
  const value = new Uint32Array(3);
  check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, Uint32Array.of(12)), "getsockopt(SO_PEERCRED)");
  return { pid: value[0], uid: value[1], gid: value[2] };
}
