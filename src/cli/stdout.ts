/** Writing a report to standard output. */
import { wasOpen } from "../kernel/inherited.ts";

/** Whether an error says that nobody reads our standard output: the reader went away (`| head`), or it is closed. */
export const isUnread = ({ code, syscall }: NodeJS.ErrnoException): boolean =>
  code === "EPIPE" || (code === "EBADF" && syscall === "write" && wasOpen(1) === false);

/** What goes wrong is known to who writes; without a listener it would end the program as well. */
const ignore = () => {};

/** Writes all of `text`. That nobody reads it is no error: then the result is false, and what follows need not be made. */
export function print(text: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException | null | undefined) =>
      !error || isUnread(error) ? resolve(!error) : reject(error);
    if (!process.stdout.listeners("error").includes(ignore)) process.stdout.on("error", ignore);
    try {
      process.stdout.write(text, failed);
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  });
}
