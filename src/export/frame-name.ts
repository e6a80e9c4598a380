/** What a frame is called in formats of others. */
import type { Frame } from "../record/model.ts";

/** The function, or else `MODULE+0xADDRESS`; addresses of the kernel are in the upper half, which recordings have as negative. */
export function frameName({ function: name, module, address }: Frame): string {
  if (name !== "") return name;
  return `${module || "?"}+0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;
}
