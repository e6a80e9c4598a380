/** Commands of virtual machines and other devices. */
import * as F from "../../../abi/flags.ts";
import { flags, int, oneOf } from "../../../syscalls/types/build.ts";
import { type Command, each, none, reads, record, value } from "./command.ts";

export const devices: Readonly<Record<string, Command>> = {
  KVM_CHECK_EXTENSION: value(oneOf(F.kvm_capabilities)),
  KVM_CREATE_VCPU: value(int),
  KVM_SET_USER_MEMORY_REGION: reads(
    record(
      "kvm_userspace_memory_region",
      "slot flags:flags guest_phys_addr:hex memory_size userspace_addr:hex",
      { flags: flags(F.kvm_memory_flags) },
    ),
  ),
  ...each("COUNTER_ENABLE_EVENTS_IOCTL COUNTER_DISABLE_EVENTS_IOCTL", none),
};
