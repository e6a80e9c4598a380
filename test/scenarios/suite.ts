/** All scenarios. */
import * as nginx from "./services/nginx.ts";
import * as node from "./services/node.ts";
import * as perl from "./services/perl.ts";
import * as postgresql from "./services/postgresql.ts";
import * as python from "./services/python.ts";
import * as redis from "./services/redis.ts";
import type { Healthy, Scenario } from "./types.ts";

const services = [nginx, postgresql, redis, perl, node, python];

export const scenarios: readonly Scenario[] = services.flatMap((s) => s.scenarios);
export const healthy: readonly Healthy[] = services.flatMap((s) => s.healthy);
