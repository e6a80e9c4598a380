/** `setuidgid account child`: runs child as account, with the account's group and no other. */
import { bytesOf } from "../base/bytes.ts";
import { UsageError } from "../base/errors.ts";
import { type Account, accountNamed, becomeAccount } from "../kernel/users.ts";
import { djbMain, Fatal, runRest, USAGE_EXIT, words } from "../supervise/chain.ts";

export function main(argv: string[]): Promise<number> {
  return djbMain("setuidgid", () => {
    const [name] = argv;
    if (argv.length < 2) throw new UsageError("setuidgid: usage: setuidgid account child", USAGE_EXIT);
    const account = accountNamed(bytesOf(name));
    if (!account) throw new Fatal(`unknown account ${name}`);
    // last: without privilege we could not even read our own arguments in /proc
    return runRest(argv.length - 1, { beforeExec: () => become(account) });
  });
}

function become(account: Account): void {
  try {
    becomeAccount(account);
  } catch (error) {
    throw new Fatal(
      `unable to ${/uid/.test((error as Error).message) ? "setuid" : "setgid"}: ${words(error)}`,
    );
  }
}
