/** nginx from Debian: one worker, stopped gracefully (QUIT) as its operators do it. */
import { createConnection } from "node:net";
import { lacks, notRoot, sleep } from "../../helpers.ts";
import { answers, get, nameServer, slowHttp, withResolver } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import { favoured, now, type World, waitUntil } from "../world.ts";

interface Options {
  /** More lines for the main part, the http block and the server block. */
  main?: string;
  http?: string;
  server?: string;
  prefix?: string;
}

async function nginx(
  world: World,
  { main = "", http = "", server = "", prefix = "" }: Options = {},
): Promise<void> {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((t) => `${t}_temp_path ${world.path(`tmp-${t}`)};`)
    .join(" ");
  const conf = world.file(
    "nginx.conf",
    `${main} daemon off; worker_processes 1; user root; pid ${world.path("nginx.pid")}; error_log stderr notice;
events {}
http {
  access_log off; ${temp}
  ${http}
  server {
    listen 127.0.0.1:${world.port};
    location / { return 200 "ok\\n"; }
    ${server}
  }
}
`,
  );
  // TERM is a fast shutdown for nginx: the script turns it into a graceful one.
  world.runScript(
    `${prefix} nginx -c ${conf} & pid=$!`,
    `trap 'kill -QUIT $pid' TERM`,
    "while kill -0 $pid 2>/dev/null; do wait $pid; done",
  );
  world.ready = () => answers(`http://127.0.0.1:${world.port}/`);
  await world.up();
}

export const healthy: Healthy[] = [{ name: "nginx", missing: () => lacks("nginx"), start: (w) => nginx(w) }];

/** A client that reads `kilobytes` a tenth of a second until `stop`; resolves when it has got the first. */
async function slowReader(world: World, path: string): Promise<() => void> {
  const socket = createConnection(world.port, "127.0.0.1");
  socket.on("error", () => {});
  world.defer(() => void socket.destroy());
  socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
  await new Promise((r) => socket.once("data", r));
  socket.pause();
  return () => socket.destroy();
}

export const scenarios: Scenario[] = [
  {
    name: "nginx/download",
    cause: "a client that is slow to fetch a large file keeps the worker for 2.5 s",
    category: "network",
    about: /^tcp:127\.0\.0\.1:\d+$/,
    quick: true,
    run: async (world) => {
      world.file("big", "x".repeat(64 << 20));
      await nginx(world, { server: `location = /big { root ${world.path()}; }` });
      const leave = await slowReader(world, "/big");
      let took = 0;
      await world.restart(async () => {
        const began = now();
        await sleep(2.5);
        leave();
        took = now() - began;
      });
      return took;
    },
  },
  {
    name: "nginx/upstream",
    cause: "a proxied request whose upstream takes 2 s to answer",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const upstream = await slowHttp(world, () => 2.3);
      await nginx(world, {
        server: `location /slow { proxy_pass http://${upstream.host}:${upstream.port}; }`,
      });
      let answered = 0;
      void get(`http://127.0.0.1:${world.port}/slow`).then(() => (answered = now()));
      await waitUntil("the upstream has been asked", () => upstream.asked > 0);
      let began = 0;
      await world.restart(() => {
        began = now();
      });
      return answered - began;
    },
  },
  {
    name: "nginx/shutdown-timeout",
    cause: "a client that never finishes, cut off by worker_shutdown_timeout after 3 s",
    category: "network",
    about: /^tcp:127\.0\.0\.1:\d+$/,
    run: async (world) => {
      world.file("big", "x".repeat(64 << 20));
      await nginx(world, {
        server: `location = /big { root ${world.path()}; }`,
        main: "worker_shutdown_timeout 3s;",
      });
      await slowReader(world, "/big");
      await world.restart();
      return 3;
    },
  },
  {
    name: "nginx/resolver-silent",
    cause: "a name server that does not answer for the upstream's name in the configuration",
    category: "dns",
    about: /^udp:127\.[\d.]+:53$/,
    missing: notRoot,
    run: async (world) => {
      let silent = false;
      let began = 0;
      let ended = 0;
      const server = await nameServer(world, (name) => {
        if (!silent) return "127.0.0.1";
        began ||= now();
        // the first two questions (A and AAAA) are not answered
        if (now() - began < 1.5) return "silent";
        ended ||= now();
        return name ? "127.0.0.1" : undefined;
      });
      const prefix = withResolver(world, [`nameserver ${server.host}`, "options timeout:2 attempts:3"]);
      await nginx(world, { server: "location /app { proxy_pass http://app.example.internal.:1; }", prefix });
      silent = true;
      await world.restart();
      return ended - began;
    },
  },
  {
    name: "nginx/address-in-use",
    cause: "the port is still held by another process; nginx tries again every 0.5 s",
    category: "sleep",
    about: /127\.0\.0\.1:\d+/,
    run: async (world) => {
      await nginx(world);
      const script = `import socket, sys, time
while True:
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try: s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); break
    except OSError: time.sleep(0.0005)
time.sleep(float(sys.argv[2]))`;
      world.spawn([...favoured(), "python3", "-c", script, String(world.port), "1.3"]);
      await sleep(0.3);
      world.ready = () => /start worker process \d+[\s\S]*start worker process \d+/.test(world.log);
      await world.restart();
      const retries = world.log.match(/still could not bind|Address already in use/g)?.length ?? 0;
      return retries * 0.5;
    },
  },
  {
    name: "nginx/configuration-on-a-slow-disk",
    cause: "20 included files on a disk on which opening takes 0.1 s",
    category: "disk",
    about: /conf\.d/,
    missing: noSlowFs,
    run: async (world) => {
      for (let i = 0; i < 20; i++) world.file(`conf.d/${i}.conf`, `map $uri $v${i} { default ${i}; }\n`);
      const fs = await SlowFs.over(world, world.path("conf.d"));
      await nginx(world, { http: `include ${world.path("conf.d")}/*.conf;` });
      fs.delay("open", 0.1);
      await world.restart();
      return fs.delayed("open");
    },
  },
];
