/** A Node service. */

import { createConnection } from "node:net";
import { join } from "node:path";
import { notRoot, root, sleep } from "../../helpers.ts";
import { answers, fullBacklog, nameServer, slowHttp, withResolver } from "../peers.ts";
import { noSlowFs, SlowFs } from "../slowfs.ts";
import type { Healthy, Scenario } from "../types.ts";
import type { World } from "../world.ts";

const app = join(root, "test/scenarios/apps/service.mjs");

async function node(world: World, env: Record<string, string | number> = {}, prefix = ""): Promise<void> {
  const all = { PORT: world.port, MEASURED: world.path("measured"), ...env };
  const exports = Object.entries(all).map(([k, v]) => `export ${k}='${v}'`);
  world.runScript(...exports, `exec ${prefix} ${process.execPath} ${app}`);
  world.ready = () => answers(`http://127.0.0.1:${world.port}/`);
  await world.up();
}

export const healthy: Healthy[] = [{ name: "node", start: (w) => node(w) }];

export const scenarios: Scenario[] = [
  {
    name: "node/streaming-client",
    cause: "server.close() waits 2.5 s for a client that is still being answered",
    category: "network",
    about: /^tcp:127\.0\.0\.1:\d+$/,
    quick: true,
    run: async (world) => {
      await node(world);
      const socket = createConnection(world.port, "127.0.0.1");
      socket.on("error", () => {});
      world.defer(() => void socket.destroy());
      socket.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
      await new Promise((r) => socket.once("data", r));
      await world.restart(async () => {
        await sleep(2.5);
        socket.destroy();
      });
      return world.measured("close");
    },
  },
  {
    name: "node/computing",
    cause: "a start that computes (CPU seconds)",
    category: "cpu",
    about: /computed/,
    run: async (world) => {
      await node(world, { COMPUTE: 1_500_000 });
      await world.restart();
      return world.measured("compute");
    },
  },
  {
    name: "node/resolver-silent",
    cause: "a name server that does not answer, asked by a thread of the pool",
    category: "dns",
    about: /^udp:127\.[\d.]+:53$/,
    missing: notRoot,
    run: async (world) => {
      const server = await nameServer(world, () => "silent");
      const prefix = withResolver(world, [`nameserver ${server.host}`, "options timeout:2 attempts:1"]);
      await node(world, { RESOLVE: "db.example.internal." }, prefix);
      await world.restart();
      return world.measured("resolve");
    },
  },
  {
    name: "node/database-drops-syns",
    cause: "a database whose port drops SYNs; the client gives up after 2 s",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const db = await fullBacklog(world);
      await node(world, { CONNECT: `${db.host}:${db.port}` });
      await world.restart();
      return world.measured("connect");
    },
  },
  {
    name: "node/timer-in-shutdown",
    cause: "a shutdown handler that waits 2 s by a timer",
    category: "sleep",
    about: /slept|timer/,
    run: async (world) => {
      await node(world, { LINGER: 2 });
      await world.restart();
      return world.measured("linger");
    },
  },
  {
    name: "node/modules-on-a-slow-disk",
    cause: "25 modules loaded from a disk on which opening takes 80 ms",
    category: "disk",
    about: /modules/,
    missing: noSlowFs,
    run: async (world) => {
      for (let i = 0; i < 25; i++) world.file(`modules/m${i}.js`, `exports.n = ${i};\n`);
      const fs = await SlowFs.over(world, world.path("modules"));
      await node(world, { REQUIRE: world.path("modules") });
      fs.delay("open", 0.08);
      await world.restart();
      return fs.delayed("open");
    },
  },
  {
    name: "node/child",
    cause: "a command run at start, which waits 2 s for a peer",
    category: "network",
    about: /^tcp:127\.[\d.]+:\d+$/,
    run: async (world) => {
      const peer = await slowHttp(world, () => 2);
      await node(world, { CHILD: `curl -s http://${peer.host}:${peer.port}/` });
      await world.restart();
      return peer.took;
    },
  },
];
