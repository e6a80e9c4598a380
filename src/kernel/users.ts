/** Accounts of the system, and becoming one of them. */
import { addressOf, check, libc, sysError } from "./ffi.ts";
import { cString } from "./memory.ts";

const getpwnam_r = libc(
  "int getpwnam_r(const void *name, void *pwd, void *buffer, size_t size, void *result)",
);
const setgroups = libc("int setgroups(size_t size, const void *list)");
const setgid = libc("int setgid(unsigned int gid)");
const setuid = libc("int setuid(unsigned int uid)");

/** struct passwd on 64-bit glibc: two pointers, then uid and gid. */
const PASSWD_SIZE = 48;
const UID_AT = 16;
const GID_AT = 20;
const ERANGE = 34;

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account of that name; undefined if there is none. Throws SysError when the database cannot be read. */
export function accountNamed(name: string | Uint8Array): Account | undefined {
  const passwd = new DataView(new ArrayBuffer(PASSWD_SIZE));
  const result = new BigUint64Array(1);
  for (let size = 4096; ; size *= 4) {
    const buffer = new Uint8Array(size);
    const code = getpwnam_r(cString(name), new Uint8Array(passwd.buffer), buffer, size, result);
    if (code === ERANGE) continue;
    if (code !== 0) throw sysError(`getpwnam(${name})`, code);
    // the strings of the result lie in `buffer`
    if (result[0] === 0n || addressOf(buffer) === 0) return undefined;
    return { uid: passwd.getUint32(UID_AT, true), gid: passwd.getUint32(GID_AT, true) };
  }
}

/** Takes on the account for good, with these groups or its own as the only one. Throws SysError. */
export function becomeAccount({ uid, gid, groups = [gid] }: Account & { groups?: readonly number[] }): void {
  check(setgroups(groups.length, Uint32Array.from(groups)), "setgroups()", "only root can change groups");
  check(setgid(gid), `setgid(${gid})`);
  check(setuid(uid), `setuid(${uid})`);
}
