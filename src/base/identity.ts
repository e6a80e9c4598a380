/** What tells a file or directory from any other, whatever its name: device and inode. */
export const identityOf = ({
  dev,
  ino,
}: {
  readonly dev: number | bigint;
  readonly ino: number | bigint;
}): string => `${dev}:${ino}`;
