/** A Python service with Debian's interpreter. */
import { join } from "node:path";
import { debian, lacks, root, sleep } from "../../helpers.ts";
import { answers, closedPort, snatchLock } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import type { World } from "../world.ts";

const app = join(root, "test/scenarios/apps/service.py");
const missing = (): string => (debian("python3") ? "" : "python3 not installed");

async function python(world: World, env: Record<string, string | number> = {}): Promise<void> {
  const all = { PORT: world.port, MEASURED: world.path("measured"), PYTHONDONTWRITEBYTECODE: 1, ...env };
  const exports = Object.entries(all).map(([k, v]) => `export ${k}='${v}'`);
  world.runScript(...exports, `exec ${debian("python3")} ${app}`);
  world.ready = () => answers(`http://127.0.0.1:${world.port}/`);
  await world.up();
}

export const healthy: Healthy[] = [{ name: "python", missing, start: (w) => python(w) }];

export const scenarios: Scenario[] = [
  {
    name: "python/lock-of-a-stranger",
    cause: "a lock (fcntl) that another process holds for 2 s",
    category: "lock",
    about: /data\/lock$/,
    quick: true,
    missing,
    run: async (world) => {
      const lock = world.file("lock", "");
      await python(world, { LOCK: lock });
      const holder = `import fcntl, sys
f = open(sys.argv[1], "a"); fcntl.lockf(f, fcntl.LOCK_EX); print("locked", flush=True); sys.stdin.readline()`;
      return snatchLock(world, lock, ["python3", "-c", holder, lock], 2);
    },
  },
  {
    name: "python/thread",
    cause: "a thread that needs 2 s more, which the service joins when it stops",
    category: "sleep",
    about: /slept/,
    missing,
    run: async (world) => {
      await python(world, { BATCH: 2 });
      await world.restart();
      return world.measured("batch");
    },
  },
  {
    name: "python/import-path",
    cause: "an import path on a disk on which a look-up takes 10 ms",
    category: "disk",
    about: /lib/,
    missing: () => missing() || noSlowFs(),
    run: async (world) => {
      const names = Array.from({ length: 8 }, (_, i) => `part${i}`);
      for (let i = 0; i < 2; i++) world.file(`lib/d${i}/empty.py`, "");
      for (const n of names) world.file(`lib/last/${n}.py`, "x = 1\n");
      const fs = await SlowFs.over(world, world.path("lib"));
      const dirs = [...Array.from({ length: 2 }, (_, i) => world.path(`lib/d${i}`)), world.path("lib/last")];
      await python(world, { PYTHONPATH: dirs.join(":"), MODULES: names.join(",") });
      fs.delay("lookup", 0.01);
      await world.restart();
      return fs.delayed("lookup");
    },
  },
  {
    name: "python/backend-refuses",
    cause: "a backend that refuses, tried again after growing sleeps",
    category: "sleep",
    about: /127\.[\d.]+:\d+/,
    missing,
    run: async (world) => {
      const db = await closedPort(world);
      await db.open();
      await python(world, { BACKEND: `${db.host}:${db.port}` });
      await db.close();
      await world.restart(async () => {
        await sleep(3.3);
        await db.open();
      });
      return world.measured("backend");
    },
  },
  {
    name: "python/computing",
    cause: "a start that computes (CPU seconds)",
    category: "cpu",
    about: /computed/,
    missing,
    run: async (world) => {
      await python(world, { COMPUTE: 300_000 });
      await world.restart();
      return world.measured("compute");
    },
  },
  {
    name: "python/slow-child",
    cause: "a command run at start, which sleeps 2 s",
    category: "sleep",
    about: /slept/,
    missing: () => missing() || lacks("sleep"),
    run: async (world) => {
      await python(world, { CHILD: "sleep 2" });
      await world.restart();
      return 2;
    },
  },
];
