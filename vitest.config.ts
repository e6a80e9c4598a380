import { defineConfig } from "vitest/config";

// Worker threads would share one process: the engines need ptrace requests and wait statuses of their own.
const common = {
  pool: "forks" as const,
  setupFiles: ["test/time-limit.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** These compare what two tracers print, whatever else the machine does. */
const comparisons = ["test/integration/*-calls.test.ts", "test/integration/*differential.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "unit", include: ["src/**/*.test.ts", "tools/**/*.test.ts"] } },
      {
        test: {
          ...common,
          testTimeout: 120_000,
          name: "differential",
          include: comparisons,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: comparisons,
          // These measure time and load two cores: one file at a time, after the others.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
