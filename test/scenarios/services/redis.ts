/** Redis from Debian. */
import { createConnection } from "node:net";
import { lacks, sleep } from "../../helpers.ts";
import { snatchLock } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import { type World, waitUntil } from "../world.ts";

async function redis(world: World, settings: string[] = [], prefix = ""): Promise<void> {
  const conf = world.file(
    "redis.conf",
    [
      "bind 127.0.0.1",
      `port ${world.port}`,
      `dir ${world.path()}`,
      "daemonize no",
      "enable-debug-command local",
      ...settings,
      "",
    ].join("\n"),
  );
  world.runScript(`exec ${prefix} redis-server ${conf}`);
  world.ready = async () => (await cli(world, "ping")).trim() === "PONG";
  await world.up();
}

const cli = (world: World, ...args: string[]): Promise<string> =>
  world.must(["redis-cli", "-p", String(world.port), ...args]);

/** CPU seconds that the server has used since its start. */
async function cpuSeconds(world: World): Promise<number> {
  const info = await cli(world, "info", "cpu");
  const of = (name: string) => Number(new RegExp(`^used_cpu_${name}:([\\d.]+)`, "m").exec(info)![1]);
  return of("sys") + of("user");
}

export const healthy: Healthy[] = [
  { name: "redis", missing: () => lacks("redis-server", "redis-cli"), start: (w) => redis(w) },
];

export const scenarios: Scenario[] = [
  {
    name: "redis/large-rdb",
    cause: "a large RDB file that is loaded (CPU seconds)",
    category: "cpu",
    about: /dump\.rdb/,
    quick: true,
    run: async (world) => {
      await redis(world, ['save ""']);
      await cli(world, "debug", "populate", "150000", "key", "6000");
      await cli(world, "save");
      await world.restart();
      return cpuSeconds(world);
    },
  },
  {
    name: "redis/append-only-file",
    cause: "an append-only file that is replayed (CPU seconds)",
    category: "cpu",
    about: /appendonly|redis-server/,
    run: async (world) => {
      await redis(world, ['save ""', "appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0"]);
      // large sorted sets: a short command in the file, a long computation in memory
      await cli(world, "eval", "for i = 1, 100000 do redis.call('zadd', 'a', i, i) end", "0");
      await cli(world, "eval", "for i = 1, 15 do redis.call('zunionstore', 'b', 1, 'a') end", "0");
      await world.restart();
      return cpuSeconds(world);
    },
  },
  {
    name: "redis/save-on-exit",
    cause: "saving on exit to a disk on which syncing takes 2 s",
    category: "disk",
    about: /\.rdb/,
    missing: noSlowFs,
    run: async (world) => {
      const fs = await SlowFs.over(world, world.path("db"));
      await redis(world, ["save 3600 1", `dir ${world.path("db")}`]);
      await cli(world, "debug", "populate", "20000");
      await cli(world, "set", "a", "b");
      fs.delay("fsync", 1);
      await world.restart();
      return fs.delayed("fsync");
    },
  },
  {
    name: "redis/lock-in-the-run-script",
    cause: "flock(1) in the run script waits 2 s for a lock that a cron job holds",
    category: "lock",
    about: /data\/lock$/,
    missing: () => lacks("flock"),
    run: async (world) => {
      const lock = world.file("lock", "");
      await redis(world, [], `flock -F ${lock}`);
      const job = `exec 9>>${lock}; flock 9; echo locked; read line`;
      return snatchLock(world, lock, ["sh", "-c", job], 2);
    },
  },
  {
    name: "redis/lagging-replica",
    cause: "a replica that does not acknowledge; shutdown-timeout is 3 s",
    category: "network",
    about: /^tcp:127\.0\.0\.1:\d+$/,
    run: async (world) => {
      await redis(world, ['save ""', "shutdown-timeout 3", "repl-diskless-sync-delay 0"]);
      const replica = createConnection(world.port, "127.0.0.1");
      replica.on("error", () => {});
      world.defer(() => void replica.destroy());
      replica.write("REPLCONF listening-port 1\r\nREPLCONF capa eof capa psync2\r\n");
      let seen = "";
      replica.on("data", (d) => (seen += d.toString("latin1")));
      await waitUntil("both are answered", () => seen.split("+OK").length > 2);
      replica.write("PSYNC ? -1\r\n");
      await waitUntil("the replica has got its copy", () => /REDIS0/.test(seen));
      await sleep(0.5);
      replica.write("REPLCONF ACK 0\r\n");
      await sleep(0.3);
      await cli(world, "set", "a", "b");
      await world.restart();
      return 3;
    },
  },
];
