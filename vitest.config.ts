import { defineConfig } from "vitest/config";

// Worker threads would share one process: the engines need ptrace requests and wait statuses of their own.
const common = { pool: "forks" as const, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { ...common, name: "unit", include: ["src/**/*.test.ts", "tools/**/*.test.ts"] } },
      {
        test: {
          ...common,
          name: "integration",
          include: ["test/**/*.test.ts"],
          // These measure time and load two cores: one file at a time, after the unit tests.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
