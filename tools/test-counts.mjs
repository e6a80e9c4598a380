// Usage: test-counts.mjs REPORT STATUS. Prints "N passed, N failed[, N skipped]" from vitest's json report, after the
// name of every skipped test; fails if a test failed, vitest failed, or nothing ran.
import { readFileSync } from "node:fs";

const [file, status] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(file, "utf8"));
} catch {
  console.log("no report: vitest ended before it wrote one");
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const tests = report.testResults.flatMap((f) => f.assertionResults);
const count = (...states) => tests.filter((t) => states.includes(t.status)).length;
const passed = count("passed");
const skipped = count("skipped", "pending", "todo", "disabled");
let failed = count("failed");
for (const suite of report.testResults) {
  // A file that could not even be loaded has no tests in it; it counts as one failure.
  if (suite.status === "failed" && !suite.assertionResults.some((t) => t.status === "failed")) {
    failed++;
    console.log(`failed to run: ${suite.name}: ${String(suite.message).split("\n")[0]}`);
  }
}
for (const t of tests)
  if (t.status !== "passed" && t.status !== "failed") console.log(`skipped: ${t.fullName}`);
// Unhandled errors outside any test make vitest fail although every test passed.
if (Number(status) !== 0 && failed === 0) {
  failed = 1;
  console.log(`vitest ended with status ${status} although no test failed: see the errors above`);
}
if (passed + failed === 0) console.log("no test ran");
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
