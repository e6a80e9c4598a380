/** PostgreSQL from Debian, run as the user postgres; TERM is its smart shutdown. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { lacks, notRoot, sleep } from "../../helpers.ts";
import { slowHttp } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import { now, type World, waitUntil } from "../world.ts";

const base = "/usr/lib/postgresql";
const bin = (): string | undefined =>
  existsSync(base)
    ? readdirSync(base)
        .map((v) => join(base, v, "bin"))
        .filter((d) => existsSync(join(d, "postgres")))
        .at(-1)
    : undefined;

const missing = (): string => (bin() ? notRoot() || lacks("setpriv", "psql") : "postgresql not installed");

const asPostgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];

/** Creates a cluster; `wal` is a directory of its own for the write-ahead log. */
async function initdb(world: World, segment = 1): Promise<void> {
  await world.must([
    "install",
    "-d",
    "-o",
    "postgres",
    world.path("pg"),
    world.path("socket"),
    world.path("wal"),
  ]);
  const options = ["-A", "trust", "-N", "--locale=C", `--wal-segsize=${segment}`, "-E", "UTF8"];
  await world.must([...asPostgres, `${bin()}/initdb`, "-D", world.path("pg"), ...options]);
}

async function postgres(
  world: World,
  settings: Record<string, string | number> = {},
  _letter = "t",
): Promise<void> {
  if (!existsSync(world.path("pg"))) await initdb(world);
  const all = {
    port: world.port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: world.path("socket"),
    shared_buffers: "32MB",
    log_checkpoints: "on",
    autovacuum: "off",
    ...settings,
  };
  world.file(
    "pg/postgresql.auto.conf",
    Object.entries(all)
      .map(([k, v]) => `${k} = '${v}'\n`)
      .join(""),
  );
  await world.must(["chown", "postgres", world.path("pg/postgresql.auto.conf")]);
  world.runScript(`exec ${asPostgres.join(" ")} ${bin()}/postgres -D ${world.path("pg")}`);
  world.ready = async () => (await psql(world, "select 1")).trim() === "1";
  await world.up();
}

const psqlArgs = (world: World): string[] => [
  "psql",
  "-qAtX",
  "-h",
  "127.0.0.1",
  "-p",
  String(world.port),
  "-U",
  "postgres",
];
const psql = (world: World, sql: string): Promise<string> => world.must([...psqlArgs(world), "-c", sql]);

export const healthy: Healthy[] = [{ name: "postgresql", missing, start: (w) => postgres(w) }];

export const scenarios: Scenario[] = [
  {
    name: "postgresql/open-session",
    cause: "a smart shutdown that waits 2.5 s for a client with an open session",
    category: "network",
    about: /^tcp:127\.0\.0\.1:\d+$/,
    quick: true,
    missing,
    run: async (world) => {
      await postgres(world);
      const client = world.spawn(psqlArgs(world));
      client.stdin!.write("begin; select 'here';\n");
      let said = "";
      client.stdout!.on("data", (d) => (said += d));
      await waitUntil("the session is open", () => said.includes("here"));
      let took = 0;
      await world.restart(async () => {
        const began = now();
        await sleep(2.5);
        client.stdin!.end();
        await new Promise((r) => client.once("exit", r));
        took = now() - began;
      });
      return took;
    },
  },
  {
    name: "postgresql/running-query",
    cause: "a smart shutdown that waits for a query which holds on for 2.5 s (pg_sleep)",
    category: "sleep",
    about: /postgres/,
    missing,
    run: async (world) => {
      await postgres(world);
      let ended = 0;
      const query = psql(world, "select pg_sleep(3)").then(() => (ended = now()));
      await sleep(0.5);
      let began = 0;
      await world.restart(() => {
        began = now();
      });
      await query;
      return ended - began;
    },
  },
  {
    name: "postgresql/recovery",
    cause: "recovery after kill -9, reading the write-ahead log from a slow disk",
    category: "disk",
    about: /wal|pg_wal/,
    missing: () => missing() || noSlowFs(),
    run: async (world) => {
      await initdb(world, 16);
      await world.must([
        ...asPostgres,
        "sh",
        "-c",
        `cp -a ${world.path("pg/pg_wal")}/. ${world.path("wal")} && rm -r ${world.path("pg/pg_wal")} && ln -s ${world.path("wal")} ${world.path("pg/pg_wal")}`,
      ]);
      const fs = await SlowFs.over(world, world.path("wal"));
      await postgres(world, {
        checkpoint_timeout: "1h",
        max_wal_size: "4GB",
        recovery_prefetch: "off",
        recovery_init_sync_method: "syncfs",
      });
      await psql(world, "create table t as select i, repeat('x', 200) as s from generate_series(1, 5000) i");
      const { pid } = world;
      fs.delay("read", 0.015);
      process.kill(pid, "SIGKILL");
      await waitUntil("another main process", () => world.pid !== 0 && world.pid !== pid, 60);
      await world.serving();
      return fs.delayed("read");
    },
  },
  {
    name: "postgresql/shutdown-checkpoint",
    cause: "the checkpoint of a shutdown, syncing to a slow disk",
    category: "disk",
    about: /base|tables/,
    missing: () => missing() || noSlowFs(),
    run: async (world) => {
      await initdb(world);
      await world.must(["install", "-d", "-o", "postgres", world.path("tables")]);
      const fs = await SlowFs.over(world, world.path("tables"), "postgres");
      await postgres(world, { checkpoint_timeout: "1h" });
      await psql(world, `create tablespace slow location '${world.path("tables")}'`);
      for (let i = 0; i < 20; i++)
        await psql(world, `create table t${i} tablespace slow as select generate_series(1, 1000) as i`);
      fs.delay("fsync", 0.1);
      await world.restart();
      return fs.delayed("fsync");
    },
  },
  {
    name: "postgresql/archive-command",
    cause: "the archive command of a shutdown, which waits 2 s for its server",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    missing: () => missing() || lacks("curl"),
    run: async (world) => {
      const server = await slowHttp(world, () => 2);
      await postgres(world, {
        archive_mode: "on",
        archive_command: `[ ! -e ${world.path("go")} ] || curl -s -o /dev/null http://${server.host}:${server.port}/`,
      });
      await psql(world, "create table t as select generate_series(1, 1000) as i");
      world.file("go", "");
      await world.restart();
      return server.took;
    },
  },
];
