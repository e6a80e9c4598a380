/** Commands of virtual machines (linux/kvm.h). */
import * as F from "../../../abi/flags.ts";
import { flags, oneOf64 } from "../../../syscalls/types/build.ts";
import type { Command, StructType } from "./command.ts";
import { reads, record, value, writes } from "./command.ts";
import { body, fields, following, number, type Part, verbose } from "./parts.ts";

const hex = (names: string) =>
  names
    .split(" ")
    .map((name) => `${name}:hex`)
    .join(" ");
const regs = "kvm_regs";
const registers = body(
  regs,
  fields(regs, "rax:hex"),
  verbose(fields(regs, hex("rbx rcx rdx rsi rdi"))),
  fields(regs, hex("rsp rbp")),
  verbose(fields(regs, hex("r8 r9 r10 r11 r12 r13 r14 r15"))),
  fields(regs, hex("rip rflags")),
);

const segment: StructType = record("kvm_segment", "base:hex limit selector type present dpl db s l g avl");
const table: StructType = record("kvm_dtable", "base:hex limit");
const sregs = "kvm_sregs";
const specialRegisters = body(
  sregs,
  fields(sregs, "cs:segment", { segment }),
  verbose(
    fields(
      sregs,
      `ds:segment es:segment fs:segment gs:segment ss:segment tr:segment ldt:segment gdt:table idt:table
       cr0 cr2 cr3 cr4 cr8 efer apic_base:hex interrupt_bitmap:hex`,
      { segment, table },
    ),
  ),
);

const entry = record(
  "kvm_cpuid_entry2",
  "function:hex index:hex flags:flags eax:hex ebx:hex ecx:hex edx:hex",
  {
    flags: flags(F.kvm_cpuid_flags),
  },
);
const HEADER = 8;
const entries: Part = (c, at) => {
  const count = number("kvm_cpuid2", "nent")(c, at);
  c.sink.field("entries");
  if (c.verbose) {
    following(c, entry, HEADER, count);
    return;
  }
  c.sink.openArray();
  if (count > 0) {
    c.sink.item();
    c.sink.more();
  }
  c.sink.closeArray();
};
const cpuid = body("kvm_cpuid2", fields("kvm_cpuid2", "nent"), entries);

export const machines: Readonly<Record<string, Command>> = {
  KVM_CHECK_EXTENSION: value(oneOf64(F.kvm_capabilities)),
  KVM_CREATE_VCPU: value({ kind: "uint" }),
  KVM_SET_USER_MEMORY_REGION: reads(
    record(
      "kvm_userspace_memory_region",
      "slot flags:flags guest_phys_addr:hex memory_size userspace_addr:hex",
      { flags: flags(F.kvm_memory_flags) },
    ),
  ),
  KVM_GET_REGS: writes(registers),
  KVM_SET_REGS: reads(registers),
  KVM_GET_SREGS: writes(specialRegisters),
  KVM_SET_SREGS: reads(specialRegisters),
  KVM_SET_CPUID2: reads(cpuid),
  KVM_GET_SUPPORTED_CPUID: writes(cpuid),
  KVM_GET_EMULATED_CPUID: writes(cpuid),
};
