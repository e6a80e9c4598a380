/** A pre-forking Perl application, and Debian's Starman. */
import { join } from "node:path";
import { lacks, notRoot, root, sleep } from "../../helpers.ts";
import { answers, closedPort, fullBacklog, get, nameServer, slowHttp, withResolver } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import { now, type World, waitUntil } from "../world.ts";

const apps = join(root, "test/scenarios/apps");

interface Options {
  env?: Record<string, string | number>;
  /** Precedes the command in the run script. */
  prefix?: string;
  before?: string[];
}

async function prefork(world: World, { env = {}, prefix = "", before = [] }: Options = {}): Promise<void> {
  const all = { PORT: world.port, MEASURED: world.path("measured"), ...env };
  const exports = Object.entries(all).map(([k, v]) => `export ${k}='${v}'`);
  world.runScript(...exports, ...before, `exec ${prefix} perl ${apps}/prefork.pl`);
  world.ready = () => answers(`http://127.0.0.1:${world.port}/`);
  await world.up();
}

async function starman(world: World): Promise<void> {
  const app = world.file(
    "app.psgi",
    `use IO::Socket::INET;
sub {
    my $env = shift;
    if ($env->{PATH_INFO} =~ m{^/ask/(.*):(\\d+)}) {
        my $up = IO::Socket::INET->new(PeerAddr => $1, PeerPort => $2) or return [502, [], []];
        print $up "GET / HTTP/1.0\\r\\n\\r\\n";
        local $/;
        my $page = <$up>;
    }
    return [200, ['Content-Type' => 'text/plain'], ["ok\\n"]];
};
`,
  );
  world.runScript(
    `exec starman --listen 127.0.0.1:${world.port} --workers 2 --pid ${world.path("pid")} ${app}`,
  );
  world.ready = () => answers(`http://127.0.0.1:${world.port}/`);
  await world.up();
}

export const healthy: Healthy[] = [
  { name: "perl", missing: () => lacks("perl"), start: (w) => prefork(w) },
  { name: "starman", missing: () => lacks("starman"), start: starman },
];

export const scenarios: Scenario[] = [
  {
    name: "perl/database-drops-syns",
    cause: "a database whose port drops SYNs; the client gives up after 2 s",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const db = await fullBacklog(world);
      await prefork(world, { env: { CONNECT: `${db.host}:${db.port}`, CONNECT_TIMEOUT: 2 } });
      await world.restart();
      return world.measured("connect");
    },
  },
  {
    name: "perl/retries",
    cause: "a refusing backend, tried again after growing sleeps until it is there",
    category: "sleep",
    about: /127\.[\d.]+:\d+/,
    run: async (world) => {
      const db = await closedPort(world);
      await db.open();
      await prefork(world, { env: { RETRY: `${db.host}:${db.port}` } });
      await db.close();
      await world.restart(async () => {
        await sleep(4);
        await db.open();
      });
      return world.measured("retry");
    },
  },
  {
    name: "perl/stubborn-worker",
    cause: "workers that ignore TERM; the manager kills them after 2 s",
    category: "child",
    about: /perl/,
    quick: true,
    run: async (world) => {
      await prefork(world, { env: { STUBBORN: 1, KILL_AFTER: 2 } });
      await world.restart();
      return world.measured("workers");
    },
  },
  {
    name: "perl/request-in-flight",
    cause: "a worker finishing a request for which it waits 2 s for an upstream",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const upstream = await slowHttp(world, () => 3.2);
      await prefork(world, { env: { UPSTREAM: `${upstream.host}:${upstream.port}` } });
      void get(`http://127.0.0.1:${world.port}/slow`).catch(() => {});
      await waitUntil("the upstream has been asked", () => upstream.asked > 0);
      await world.restart();
      return world.measured("workers");
    },
  },
  {
    name: "perl/resolver-silent",
    cause: "a name server that does not answer (2 s time-out, tried twice)",
    category: "dns",
    about: /^udp:127\.[\d.]+:53$/,
    missing: notRoot,
    run: async (world) => {
      const server = await nameServer(world, () => "silent");
      const prefix = withResolver(world, [`nameserver ${server.host}`, "options timeout:1 attempts:2"]);
      await prefork(world, { env: { RESOLVE: "db.example.internal." }, prefix });
      await world.restart();
      return world.measured("resolve");
    },
  },
  {
    name: "perl/search-list",
    cause: "a name that is looked up in six search domains first, each answer taking 0.3 s",
    category: "dns",
    about: /^udp:127\.[\d.]+:53$/,
    missing: notRoot,
    run: async (world) => {
      const server = await nameServer(
        world,
        (n) => (n === "db.prod.f.example" ? "127.0.0.1" : undefined),
        0.3,
      );
      const search = "a.example b.example c.example d.example e.example f.example";
      const prefix = withResolver(world, [
        `nameserver ${server.host}`,
        `search ${search}`,
        "options ndots:2",
      ]);
      await prefork(world, { env: { RESOLVE: "db.prod" }, prefix });
      await world.restart();
      return world.measured("resolve");
    },
  },
  {
    name: "perl/lock-of-the-dead",
    cause: "a lock that a child of the previous lifetime holds for 2 s more",
    category: "lock",
    about: /data\/lock$/,
    quick: true,
    run: async (world) => {
      const lock = world.path("lock");
      // the background job inherits the locked descriptor, and survives its parent
      const before = [
        `setsid sh -c 'exec 9>>${lock}; flock 9; while [ ! -e ${world.path("go")} ]; do sleep 0.05; done; sleep 2' </dev/null &`,
      ];
      await prefork(world, {
        env: { LOCK: lock },
        before: [`[ -e first ] || { touch first; ${before} sleep 0.3; unset LOCK; }`],
      });
      await world.restart(() => void world.file("go", ""));
      return world.measured("lock");
    },
  },
  {
    name: "perl/helper-through-a-pipe",
    cause: "a helper command read through a pipe, which waits 1.5 s for a peer",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const peer = await slowHttp(world, () => 1.5);
      const helper = world.file(
        "helper",
        `#!/bin/sh\nexec curl -s http://${peer.host}:${peer.port}/\n`,
        0o755,
      );
      await prefork(world, { env: { HELPER: helper } });
      await world.restart();
      return peer.took;
    },
    missing: () => lacks("curl"),
  },
  {
    name: "perl/modules-on-a-slow-disk",
    cause: "modules looked for in vain in 2 directories of a disk on which a look-up takes 10 ms",
    category: "disk",
    about: /data\/lib/,
    missing: noSlowFs,
    run: async (world) => {
      for (let i = 0; i < 2; i++) world.file(`lib/d${i}/README`, "");
      const fs = await SlowFs.over(world, world.path("lib"));
      const dirs = Array.from({ length: 2 }, (_, i) => world.path(`lib/d${i}`));
      await prefork(world, { env: { PERL5LIB: dirs.join(":") } });
      fs.delay("lookup", 0.01);
      await world.restart();
      return fs.delayed("lookup");
    },
  },
  {
    name: "perl/module-path",
    cause: "a module path of 200 directories: thousands of look-ups, of 0.3 ms, for files that are not there",
    category: "disk",
    about: /data\/lib/,
    missing: noSlowFs,
    run: async (world) => {
      const names = Array.from({ length: 12 }, (_, i) => `Part${i}`);
      for (let i = 0; i < 200; i++) world.file(`lib/d${i}/README`, "");
      for (const n of names) world.file(`lib/last/${n}.pm`, `package ${n}; 1;\n`);
      const fs = await SlowFs.over(world, world.path("lib"));
      const dirs = Array.from({ length: 200 }, (_, i) => world.path(`lib/d${i}`));
      const path = world.file("path", [...dirs, world.path("lib/last")].join("\n"));
      await prefork(world, { env: { MODULE_PATH: path, MODULE: names.join(",") } });
      fs.delay("lookup", 0.0003);
      await world.restart();
      return world.measured("module");
    },
  },
  {
    name: "perl/own-helper",
    cause: "an answer of the service's own helper process over a socket pair, which waits 1.5 s for a peer",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const peer = await slowHttp(world, () => 1.5);
      await prefork(world, { env: { ASK: `${peer.host}:${peer.port}` } });
      await world.restart();
      return peer.took;
    },
  },
  {
    name: "perl/sleep-in-shutdown",
    cause: "a shutdown handler that sleeps 2 s",
    category: "sleep",
    about: /slept/,
    run: async (world) => {
      await prefork(world, { env: { SWEEP: 2 } });
      await world.restart();
      return world.measured("sweep");
    },
  },
  {
    name: "starman/request-in-flight",
    cause: "a worker finishing a request for which it waits 2 s for an upstream (QUIT)",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    missing: () => lacks("starman"),
    run: async (world) => {
      const upstream = await slowHttp(world, () => 2.2);
      await starman(world);
      let ended = 0;
      void get(`http://127.0.0.1:${world.port}/ask/${upstream.host}:${upstream.port}`).then(
        () => (ended = now()),
        () => (ended = now()),
      );
      await waitUntil("the upstream has been asked", () => upstream.asked > 0);
      const pid = world.pid;
      const began = now();
      process.kill(pid, "SIGQUIT");
      await waitUntil("another main process", () => world.pid !== 0 && world.pid !== pid, 60);
      await world.serving();
      return ended - began;
    },
  },
];
