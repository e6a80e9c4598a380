import { defineConfig } from "vitest/config";

// Worker threads would share one process: the engines need ptrace requests and wait statuses of their own.
const common = {
  pool: "forks" as const,
  setupFiles: ["test/time-limit.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** These measure time, load both cores or look at the whole machine: one file at a time, after the others. */
const alone = ["test/alone/*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "unit", include: ["src/**/*.test.ts", "tools/**/*.test.ts"] } },
      {
        test: {
          ...common,
          testTimeout: 120_000,
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: alone,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "alone",
          include: alone,
          fileParallelism: false,
          // a machine that does something else for a moment is not what they are about
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
