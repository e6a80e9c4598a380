/** What is checked as strace does and has no effect here. */
import { UsageError } from "../../base/errors.ts";

/** Why a virtual CPU left guest mode is not shown. Throws UsageError for anything but `vcpu`. */
export function checkKvm(value: string): void {
  if (value !== "vcpu") throw new UsageError(`invalid -e kvm= argument: '${value}'`);
}
