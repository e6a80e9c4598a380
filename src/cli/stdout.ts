/** Writing a report to standard output. */

/** Writes all of `text`; a reader that went away (`| head`) is no error. */
export function print(text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException | null | undefined) =>
      !error || error.code === "EPIPE" ? resolve() : reject(error);
    process.stdout.once("error", failed);
    process.stdout.write(text, failed);
  });
}
