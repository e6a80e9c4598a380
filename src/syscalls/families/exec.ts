/** Starting programs: execve(2), execveat(2). */
import * as F from "../../abi/flags.ts";
import { call, dirfd, family, flags, path, special } from "../types/build.ts";

const argv = special("argv");
const envp = special("envp");

export const execs = family({
  execve: call({ pathname: path, argv, envp }, { classes: "file process" }),
  execveat: call(
    { dirfd, pathname: path, argv, envp, flags: flags(F.at_flags) },
    { classes: "desc file process" },
  ),
});
