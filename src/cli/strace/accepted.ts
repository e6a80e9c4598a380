/** Options that are checked as strace does and have no effect here. */
import { UsageError } from "../../base/errors.ts";

/** Whether a value of --tips is one: an id and a format. There are no tips here. */
export function isTip(value: string): boolean {
  return value
    .split(",")
    .every((part) => /^(?:|(?:id:)?(?:random|\d{1,9})|(?:format:)?(?:none|compact|full))$/.test(part));
}

/** Why a virtual CPU left guest mode is not shown. Throws UsageError for anything but `vcpu`. */
export function checkKvm(value: string): void {
  if (value !== "vcpu") throw new UsageError(`invalid -e kvm= argument: '${value}'`);
}
