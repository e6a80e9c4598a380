/**
 * DuckDB's binding, required and not imported: before Node imports a CommonJS module it takes apart the text of all its
 * parts, which costs more than running them.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const duckdb: typeof import("@duckdb/node-api") = require("@duckdb/node-api");
export const bindings: typeof import("@duckdb/node-bindings") = require("@duckdb/node-bindings");
