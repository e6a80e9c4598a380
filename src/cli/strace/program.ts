/** Finding the command, its user and its environment. */
import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "../../base/bytes.ts";
import { type SysError, UsageError } from "../../base/errors.ts";
import type { Command } from "../../capture/engine.ts";
import { sysErrorFrom } from "../../kernel/node-errors.ts";
import { environment } from "../../kernel/spawn.ts";
import type { StraceSettings } from "./settings.ts";

/** The command to start. Throws UsageError in strace's words. */
export function commandOf(s: StraceSettings): Command {
  let env = environment();
  for (const { name, value } of s.env) env = changed(env, name, value);
  const [name, ...args] = s.command;
  return {
    path: findProgram(name),
    argv: [s.argv0 ?? name, ...args],
    env,
    user: s.user === undefined ? undefined : findUser(s.user),
  };
}

/** strace's words for what kept the command from being executed. */
export const execText = ({ call, text, message }: SysError): string =>
  call.startsWith("execve(") ? `exec: ${text}` : message;

/** As putenv(3) and unsetenv(3) leave it. */
function changed(
  env: readonly (string | Uint8Array)[],
  name: string,
  value: string | undefined,
): (string | Uint8Array)[] {
  const prefix = bytesOf(`${name}=`);
  const is = (e: string | Uint8Array) =>
    prefix.compare(Buffer.from(e as string).subarray(0, prefix.length)) === 0;
  if (value === undefined) return env.filter((e) => !is(e));
  const at = env.findIndex(is);
  const entry = bytesOf(`${name}=${value}`);
  return at < 0 ? [...env, entry] : env.with(at, entry);
}

/** Looks a program up along PATH as execvp(3) does. */
export function findProgram(name: string): string {
  if (name.includes("/")) {
    try {
      statSync(bytesOf(name));
      return name;
    } catch (error) {
      throw new UsageError(
        `Can't stat '${name}': ${(sysErrorFrom(error, "stat") as { text?: string }).text ?? "No such file or directory"}`,
      );
    }
  }
  for (const dir of searchPath().split(":")) {
    const path = join(dir || ".", name);
    try {
      const bytes = bytesOf(path);
      if (!statSync(bytes).isFile()) continue;
      accessSync(bytes, constants.X_OK);
      return path.includes("/") ? path : `./${path}`;
    } catch {
      // not here
    }
  }
  throw new UsageError(`Can't stat '${name}': No such file or directory`);
}

/** PATH byte for byte: what Node has of it is UTF-8. */
function searchPath(): string {
  const entries = environment().map((e) => (typeof e === "string" ? e : textOf(e)));
  return entries.find((e) => e.startsWith("PATH="))?.slice("PATH=".length) ?? "/usr/bin:/bin";
}

/** `name` of /etc/passwd, or UID:GID. */
function findUser(text: string): NonNullable<Command["user"]> {
  const numeric = /^(\d+):(\d+)$/.exec(text);
  if (numeric) return { uid: Number(numeric[1]), gid: Number(numeric[2]), groups: [Number(numeric[2])] };
  const entry = table("/etc/passwd").find((f) => f[0] === text);
  if (!entry) throw new UsageError(`Cannot find user '${text}'`);
  const gid = Number(entry[3]);
  const others = table("/etc/group")
    .filter((f) => f[3]?.split(",").includes(text))
    .map((f) => Number(f[2]));
  return { uid: Number(entry[2]), gid, groups: [...new Set([gid, ...others])] };
}

function table(path: string): string[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.split(":"));
}
