/**
 * Which program is wanted: by the name we were called by, or by the first argument. The programs are in three bundles
 * (tools/build.mjs), of which one is loaded: starting is most of what many of them do.
 */
import { calledAs } from "../kernel/inherited.ts";
import { loadBundle } from "./bundle.ts";
import { applets, tools, tracerCommands, tracers } from "./groups/names.ts";

const bundles = [
  ["tools.cjs", tools],
  ["tracers.cjs", [...tracers, ...tracerCommands]],
] as const;

const called = calledAs.find((name) => applets.includes(name));
const [name = "", ...argv] =
  called === undefined ? process.argv.slice(2) : [called, ...process.argv.slice(2)];
const bundle = bundles.find(([, names]) => (names as readonly string[]).includes(name));
if (bundle) loadBundle(bundle[0]).start(name, argv);
else import("./groups/others.ts").then(({ start }) => start(name, argv));
