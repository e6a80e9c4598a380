/** Completion scripts for bash, zsh and fish, made from the tables. */
import { quoted } from "../../base/shell.ts";
import { programs } from "./index.ts";
import type { Kind, Option, Program } from "./types.ts";

const shown = programs.filter((p) => !p.internal);
/** Programs that are completed under their own names too; strace has a completion of its own in most places. */
const byName = shown.filter((p) => p.applet && p.name !== "strace");

export const shells: Readonly<Record<string, () => string>> = { bash, zsh, fish };

const flags = (o: Option): string[] => [
  ...(o.short ? [`-${o.short}`] : []),
  ...(o.long ? [`--${o.long}`] : []),
];
const isWords = (kind: Kind | undefined): kind is readonly string[] => typeof kind === "object";

function bash(): string {
  const generate = (kind: Kind | undefined): string => {
    if (isWords(kind)) return `compgen -W ${quoted(kind.join(" "))} -- "$cur"`;
    switch (kind) {
      case "service":
      case "directory":
        return 'compgen -d -- "$cur"';
      case "file":
      case "recording":
        return 'compgen -f -- "$cur"';
      case "command":
        return 'compgen -c -- "$cur"';
      case "user":
        return 'compgen -u -- "$cur"';
      case "pid":
        return 'compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur"';
      case "program":
        return `compgen -W ${quoted(shown.map((p) => p.name).join(" "))} -- "$cur"`;
      default:
        return ":";
    }
  };
  const branches = shown.map((p) => {
    const values = (p.options ?? [])
      .filter((o) => o.value && !o.optional)
      .map((o) => `        ${flags(o).join("|")}) _svtrace_fill "$(${generate(o.kind)})"; return ;;`);
    const options = (p.options ?? []).flatMap(flags).join(" ");
    const operands = (p.operands ?? []).map((o) => generate(o.kind));
    const operand = operands.map(
      (g, i) => `          ${i === operands.length - 1 ? "*" : i}) _svtrace_fill "$(${g})" ;;`,
    );
    return [
      `    ${p.name})`,
      '      case "$prev" in',
      ...values,
      "      esac",
      `      if [[ $cur == -* ]]; then _svtrace_fill "$(compgen -W ${quoted(options)} -- "$cur")"; else`,
      '        case "$at" in',
      ...operand,
      "        esac",
      "      fi ;;",
    ].join("\n");
  });
  return `# bash completion for svtrace
_svtrace_fill() { local IFS=$'\\n'; COMPREPLY=($1); }
_svtrace() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} first=1 program=\${COMP_WORDS[0]##*/} at=0 i
  COMPREPLY=()
  if [[ $program == svtrace ]]; then
    if ((COMP_CWORD == 1)); then
      _svtrace_fill "$(compgen -W ${quoted([...shown.map((p) => p.name), "--help", "--version"].join(" "))} -- "$cur")"
      return
    fi
    program=\${COMP_WORDS[1]} first=2
  fi
  for ((i = first; i < COMP_CWORD; i++)); do [[ \${COMP_WORDS[i]} == -* ]] || ((at++)); done
  case "$program" in
${branches.join("\n")}
  esac
}
complete -o filenames -F _svtrace ${["svtrace", ...byName.map((p) => p.name)].join(" ")}
`;
}

function zsh(): string {
  const action = (kind: Kind | undefined): string => {
    if (isWords(kind)) return `(${kind.join(" ")})`;
    const actions: Partial<Record<string, string>> = {
      service: "_files -/",
      directory: "_files -/",
      file: "_files",
      recording: "_files",
      command: "_command_names -e",
      user: "_users",
      pid: "_pids",
      program: `(${shown.map((p) => p.name).join(" ")})`,
    };
    return actions[kind ?? "text"] ?? " ";
  };
  const plain = (s: string) => s.replace(/[[\]:\\]/g, "\\$&");
  const option = (o: Option): string[] =>
    flags(o).map((flag) => {
      const long = flag.startsWith("--");
      const value = o.value ? `${o.optional ? ":" : ""}:${plain(o.value)}:${action(o.kind)}` : "";
      const joined = o.value ? (long ? "=" : o.optional ? "-" : "+") : "";
      return quoted(`*${flag}${joined}[${plain(o.help)}]${value}`);
    });
  const functions = shown.map((p) => {
    const operands = (p.operands ?? []).map((o, i) => {
      if (p.runsCommand && o.kind === "command") return quoted("*::command:_normal");
      return quoted(`${o.repeated ? "*" : i + 1}:${plain(o.name)}:${action(o.kind)}`);
    });
    const specs = [...(p.options ?? []).flatMap(option), ...operands];
    return `_svtrace_${p.name}() {\n  _arguments -s ${specs.length > 0 ? specs.join(" \\\n    ") : "':'"}\n}`;
  });
  return `#compdef svtrace ${byName.map((p) => p.name).join(" ")}
${functions.join("\n")}
_svtrace() {
  if [[ $service != svtrace ]]; then
    _svtrace_$service
    return
  fi
  if ((CURRENT == 2)); then
    local -a programs=(
${shown.map((p) => `      ${quoted(`${p.name}:${plain(p.summary)}`)}`).join("\n")}
    )
    _describe command programs
    return
  fi
  shift words
  ((CURRENT--))
  (($+functions[_svtrace_$words[1]])) && _svtrace_$words[1]
}
if [[ $funcstack[1] == _svtrace ]]; then _svtrace "$@"; else compdef _svtrace svtrace ${byName.map((p) => p.name).join(" ")}; fi
`;
}

function fish(): string {
  const action = (kind: Kind | undefined): string => {
    if (isWords(kind)) return `-xa ${quoted(kind.join(" "))}`;
    const actions: Partial<Record<string, string>> = {
      service: "-xa '(__fish_complete_directories)'",
      directory: "-xa '(__fish_complete_directories)'",
      file: "-rF",
      recording: "-rF",
      command: "-xa '(__fish_complete_command)'",
      user: "-xa '(__fish_complete_users)'",
      pid: "-xa '(__fish_complete_pids)'",
      program: `-xa ${quoted(shown.map((p) => p.name).join(" "))}`,
    };
    return actions[kind ?? "text"] ?? "-x";
  };
  const option = (start: string, o: Option): string => {
    const names = `${o.short ? ` -s ${quoted(o.short)}` : ""}${o.long ? ` -l ${o.long}` : ""}`;
    const value = o.value && !o.optional ? ` ${action(o.kind)}` : "";
    return `${start}${names}${value} -d ${quoted(o.help)}`;
  };
  const lines = (start: string, p: Program): string[] => [
    ...(p.options ?? []).map((o) => option(start, o)),
    ...[
      ...new Set((p.operands ?? []).map((o) => action(o.kind).replace(/^-rF$/, "-F").replace(/^-x/, "-f"))),
    ].map((a) => `${start} ${a.replace("-fa", "-f -a")}`),
  ];
  return `# fish completion for svtrace
complete -c svtrace -f -n __fish_use_subcommand -s h -l help -d 'print help'
complete -c svtrace -f -n __fish_use_subcommand -s V -l version -d 'print the version'
${shown.map((p) => `complete -c svtrace -f -n __fish_use_subcommand -a ${p.name} -d ${quoted(p.summary)}`).join("\n")}
${shown.flatMap((p) => lines(`complete -c svtrace -n '__fish_seen_subcommand_from ${p.name}; and not __fish_use_subcommand'`, p)).join("\n")}
${byName.flatMap((p) => lines(`complete -c ${p.name}`, p)).join("\n")}
`;
}
