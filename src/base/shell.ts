/** Text for a shell. */

/** One word that stands for the text as it is (POSIX shells, and fish). */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
