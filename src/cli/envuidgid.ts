/** `envuidgid account child`: runs child with UID and GID set to the account's numbers. */
import { bytesOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { accountNamed } from "../kernel/users.ts";
import { djbMain, Fatal, runRest, USAGE_EXIT } from "../supervise/chain.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("envuidgid", () => {
    const [name] = argv;
    if (argv.length < 2) throw new UsageError("envuidgid: usage: envuidgid account child", USAGE_EXIT);
    const account = accountNamed(bytesOf(name));
    if (!account) throw new Fatal(`unknown account ${name}`);
    return runRest(argv.length - 1, {
      changes: [
        ["GID", String(account.gid)],
        ["UID", String(account.uid)],
      ],
    });
  });
}
