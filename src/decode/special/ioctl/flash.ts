/** Commands of flash memory (mtd/mtd-abi.h) and of the volumes on it (mtd/ubi-user.h) that need more than a table. */
import * as F from "../../../abi/flags.ts";
import { flags, hex32, inline, int, oneOf } from "../../../syscalls/types/build.ts";
import { both, type Command, reads, record, writes } from "./command.ts";
import { body, fields, number, own, type Part, upTo } from "./parts.ts";

/** A name as long as another field says, of at most 127 characters. */
const named =
  (struct: string): Part =>
  (c, at) => {
    const size = 1 + Math.min(Math.max(number(struct, "name_len")(c, at), 0), 127);
    own(struct, "name", (k, here) => {
      const end = k.memory.bytes.subarray(here, here + size).indexOf(0);
      k.sink.str(k.memory.bytes, here, end < 0 ? size - 1 : end, end < 0);
    })(c, at);
  };

const volume = "ubi_mkvol_req";
const renamed = "ubi_rename";
const oob = "nand_oobinfo";
const layout = "nand_ecclayout_user";

export const flash: Readonly<Record<string, Command>> = {
  MEMWRITE: reads(
    record("mtd_write_req", "start:hex len:hex ooblen:hex usr_data:addr64 usr_oob:addr64 mode:mode", {
      mode: oneOf(F.mtd_modes),
    }),
  ),
  MEMGETOOBSEL: writes(
    body(
      oob,
      fields(oob, "useecc:mode eccbytes:hex", { mode: oneOf(F.mtd_ecc_modes) }),
      own(oob, "oobfree", (c, at) => {
        c.sink.openArray();
        for (let i = 0; i < 8; i++) {
          c.sink.item();
          c.sink.openArray();
          for (const o of [0, 4]) {
            c.sink.item();
            c.sink.hex(c.memory.view.getUint32(at + 8 * i + o, true), 0);
          }
          c.sink.closeArray();
        }
        c.sink.closeArray();
      }),
      upTo(oob, "eccpos", hex32, () => 32),
    ),
  ),
  ECCGETLAYOUT: writes(
    body(
      layout,
      fields(layout, "eccbytes:hex"),
      upTo(layout, "eccpos", hex32, () => 64),
      fields(layout, "oobavail:hex"),
      upTo(layout, "oobfree", record("nand_oobfree", "offset:hex length:hex"), () => 8),
    ),
  ),

  UBI_IOCMKVOL: both(
    body(
      volume,
      fields(volume, "vol_id alignment bytes vol_type:type flags:flags name_len", {
        type: oneOf(F.ubi_types),
        flags: flags(F.ubi_flags),
      }),
      named(volume),
    ),
    inline(int, 1),
  ),
  UBI_IOCRNVOL: reads(
    body(
      "ubi_rnvol_req",
      fields("ubi_rnvol_req", "count"),
      upTo(
        "ubi_rnvol_req",
        "ents",
        body(renamed, fields(renamed, "vol_id name_len"), named(renamed)),
        (c, at) => Math.max(0, number("ubi_rnvol_req", "count")(c, at)),
      ),
    ),
  ),
  UBI_IOCEBCH: reads(record("ubi_leb_change_req", "lnum bytes dtype:type", { type: oneOf(F.ubi_data) })),
  UBI_IOCEBMAP: reads(record("ubi_map_req", "lnum dtype:type", { type: oneOf(F.ubi_data) })),
  UBI_IOCSETVOLPROP: reads(
    record("ubi_set_vol_prop_req", "property:property value:hex", { property: oneOf(F.ubi_properties) }),
  ),
};
