/** Error words as djb's programs print them. */

const words: Readonly<Record<string, string>> = {
  ENOENT: "file does not exist",
  EACCES: "access denied",
  EPERM: "permission denied",
  ENOTDIR: "not a directory",
  EISDIR: "is a directory",
  EEXIST: "file already exists",
  EAGAIN: "temporary failure",
  ELOOP: "symbolic link loop",
  ENOSPC: "out of disk space",
  ENOMEM: "out of memory",
  EIO: "input/output error",
  EROFS: "read-only file system",
  ENXIO: "device not configured",
  EINTR: "interrupted",
  EPIPE: "broken pipe",
  ENAMETOOLONG: "file name too long",
  EMFILE: "file descriptor table full",
  ETXTBSY: "text busy",
  ENOEXEC: "exec format error",
  EBUSY: "file busy",
};

/** Words for an error code; the code itself if djb had none. */
export function djbWords(code: string | undefined): string {
  return words[code ?? ""] ?? code ?? "unknown error";
}
