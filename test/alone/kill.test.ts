/** SIGKILL of the tracer at any moment leaves the traced service serving. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debian, lacks, needs, sleep, start, svtracePath, tempDir, waitUntil } from "../helpers.ts";

const CLIENTS = 4;
const KILLS = 6;

function get(socketPath: string): Promise<boolean> {
  return new Promise((settle) => {
    const r = request({ socketPath, path: "/", timeout: 5000 }, (response) => {
      let body = "";
      response.on("data", (d) => {
        body += d;
      });
      response.on("end", () => settle(body === "ok\n"));
    });
    r.on("timeout", () => r.destroy());
    r.on("error", () => settle(false));
    r.end();
  });
}

test(...needs("SIGKILL of the tracer leaves nginx serving under load", lacks("nginx")), async () => {
  const dir = tempDir("nginx");
  const socket = join(dir, "http.sock");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((t) => `${t}_temp_path ${dir}/${t};`);
  writeFileSync(
    join(dir, "nginx.conf"),
    `daemon off; worker_processes 2; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 64; }
http { access_log off; ${temp.join(" ")} server { listen unix:${socket}; location / { return 200 "ok\\n"; } } }
`,
  );
  const nginx = start([
    debian("nginx")!,
    "-e",
    join(dir, "error.log"),
    "-p",
    dir,
    "-c",
    join(dir, "nginx.conf"),
  ]);
  await waitUntil("nginx serves", () => get(socket));

  let served = 0;
  let failed = 0;
  let over = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!over) {
      if (await get(socket)) served++;
      else failed++;
    }
  });
  const workers = await waitUntil("nginx has workers", () => {
    const children = `/proc/${nginx.pid}/task/${nginx.pid}/children`;
    return existsSync(children) && readFileSync(children, "latin1").split(" ").filter(Boolean);
  });
  for (let n = 0; n < KILLS; n++) {
    const trace = join(dir, `trace.${n}`);
    const pids = [nginx.pid, ...workers].flatMap((p) => ["-p", String(p)]);
    const tracer = start([svtracePath, "strace", "-f", "-o", trace, ...pids]);
    await waitUntil("the workers are traced", () => existsSync(trace) && statSync(trace).size > 10_000);
    // at another point of its work each time
    await sleep(0.03 * n);
    tracer.kill("SIGKILL");
    const before = served;
    await waitUntil("requests are answered after the kill", () => served > before + 10);
  }
  over = true;
  await Promise.all(clients);
  expect(nginx.exitCode).toBeNull();
  // what is in flight at a kill may be lost, nothing else; in practice nothing is
  expect(failed).toBeLessThanOrEqual(KILLS * CLIENTS);
  expect(served).toBeGreaterThan(KILLS * 10);
});
