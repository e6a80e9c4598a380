/** Commands of what stores: block devices, loop and network block devices, IDE, SCSI, flash. */
import * as F from "../../../abi/flags.ts";
import {
  fd,
  flags,
  hex32,
  inline,
  int,
  long,
  oneOf,
  oneOf64,
  special,
  uint,
  ulong,
} from "../../../syscalls/types/build.ts";
import type { Type } from "../../../syscalls/types/types.ts";
import {
  both,
  boxed,
  type Command,
  each,
  grown,
  none,
  reads,
  record,
  text,
  value,
  writes,
} from "./command.ts";
import { scsiCommand } from "./scsi.ts";

const u64 = special("u64");
const ushort: Type = { kind: "ushort" };
const pair = inline(u64, 2);
const triple = inline(hex32, 3);

const loop = {
  crypt: oneOf(F.loop_crypt),
  flags: flags(F.loop_flags),
  key: text(32),
  dev: { kind: "dev" } as Type,
};
const loopStatus = record(
  "loop_info",
  `lo_number lo_device~v:dev lo_inode~v lo_rdevice~v:dev lo_offset:hex lo_encrypt_type~:crypt lo_encrypt_key_size~
   lo_flags:flags lo_name:text lo_encrypt_key~:key lo_init~v:hex reserved~v:hex ...`,
  loop,
);
const loopStatus64 = record(
  "loop_info64",
  `lo_device~v:dev lo_inode~v lo_rdevice~v:dev lo_offset:hex lo_sizelimit~v lo_number lo_encrypt_type~:crypt
   lo_encrypt_key_size~ lo_flags:flags lo_file_name:text lo_crypt_name~:text lo_encrypt_key~:key lo_init~v:hex ...`,
  loop,
);

export const storage: Readonly<Record<string, Command>> = {
  ...each("BLKRRPART BLKFLSBUF BLKTRACESTART BLKTRACESTOP BLKTRACETEARDOWN", none),
  ...each("BLKROGET BLKSSZGET BLKALIGNOFF BLKBSZGET", writes(int)),
  ...each("BLKIOMIN BLKIOOPT BLKPBSZGET BLKDISCARDZEROES BLKGETZONESZ BLKGETNRZONES", writes(uint)),
  ...each("BLKROSET BLKBSZSET", reads(int)),
  ...each("BLKGETSIZE", writes(ulong)),
  ...each("BLKRAGET BLKFRAGET", writes(long)),
  ...each("BLKGETSIZE64 BLKGETDISKSEQ", writes(boxed(u64))),
  ...each("BLKSECTGET BLKROTATIONAL", writes(ushort)),
  ...each("BLKRASET BLKFRASET", value(ulong)),
  ...each("BLKDISCARD BLKSECDISCARD BLKZEROOUT", reads(pair)),
  BLKPG: reads(record("blkpg_ioctl_arg", "op:op flags datalen data:addr", { op: oneOf(F.blkpg_ops) })),

  ...each("LOOP_CLR_FD LOOP_SET_CAPACITY LOOP_CTL_GET_FREE", none),
  ...each("LOOP_SET_FD LOOP_CHANGE_FD", value(fd)),
  ...each("LOOP_CTL_ADD LOOP_CTL_REMOVE", value(int)),
  ...each("LOOP_SET_DIRECT_IO LOOP_SET_BLOCK_SIZE", value(ulong)),
  LOOP_SET_STATUS: reads(loopStatus),
  LOOP_GET_STATUS: writes(loopStatus),
  LOOP_SET_STATUS64: reads(loopStatus64),
  LOOP_GET_STATUS64: writes(loopStatus64),
  LOOP_CONFIGURE: reads(
    record("loop_config", "fd:fd block_size info:info __reserved?:hex", { info: loopStatus64 }),
  ),

  NBD_SET_SOCK: value(fd),
  ...each("NBD_DO_IT NBD_CLEAR_SOCK NBD_CLEAR_QUE NBD_PRINT_DEBUG NBD_DISCONNECT", none),
  ...each("NBD_SET_BLKSIZE NBD_SET_SIZE NBD_SET_SIZE_BLOCKS NBD_SET_TIMEOUT", value(ulong)),
  NBD_SET_FLAGS: value(flags(F.nbd_flags)),

  HDIO_GETGEO: writes(record("hd_geometry", "heads sectors cylinders start")),
  ...each(
    "HDIO_GET_UNMASKINTR HDIO_GET_MULTCOUNT HDIO_GET_KEEPSETTINGS HDIO_GET_32BIT HDIO_GET_NOWERR HDIO_GET_DMA HDIO_GET_WCACHE HDIO_GET_ACOUSTIC HDIO_GET_ADDRESS",
    writes(long),
  ),
  HDIO_GET_BUSSTATE: writes(oneOf64(F.ide_bus_states)),
  HDIO_SET_BUSSTATE: value(oneOf(F.ide_bus_states)),
  ...each(
    "HDIO_SET_MULTCOUNT HDIO_SET_UNMASKINTR HDIO_SET_KEEPSETTINGS HDIO_SET_32BIT HDIO_SET_NOWERR HDIO_SET_DMA HDIO_SET_PIO_MODE HDIO_UNREGISTER_HWIF HDIO_SET_WCACHE HDIO_SET_ACOUSTIC HDIO_SET_ADDRESS",
    value(int),
  ),
  ...each("HDIO_DRIVE_RESET HDIO_SCAN_HWIF", reads(triple)),
  ...each("HDIO_GET_IDENTITY", writes(special("some_bytes", 512, 512))),
  HDIO_OBSOLETE_IDENTITY: writes(special("some_bytes", 142, 142)),

  SG_GET_TIMEOUT: none,
  ...each(
    "SG_EMULATED_HOST SG_GET_TRANSFORM SG_GET_COMMAND_Q SG_GET_RESERVED_SIZE SG_GET_LOW_DMA SG_GET_PACK_ID SG_GET_NUM_WAITING SG_GET_SG_TABLESIZE SG_GET_VERSION_NUM SG_GET_KEEP_ORPHAN",
    writes(int),
  ),
  ...each(
    "SG_SET_TIMEOUT SG_SET_COMMAND_Q SG_SET_RESERVED_SIZE SG_SET_FORCE_LOW_DMA SG_SET_FORCE_PACK_ID SG_SET_DEBUG SG_NEXT_CMD_LEN SG_SET_KEEP_ORPHAN",
    reads(int),
  ),
  SG_IO: scsiCommand,
  SG_SCSI_RESET: reads(boxed(special("sg_reset"))),
  SG_SET_TRANSFORM: value(hex32),
  SG_GET_SCSI_ID: writes(
    record("sg_scsi_id", "host_no channel scsi_id:hex lun scsi_type:hex h_cmd_per_lun d_queue_depth"),
  ),
  SG_GET_REQUEST_TABLE: writes(
    record("sg_req_info", "req_state orphan sg_io_owned problem pack_id usr_ptr:addr duration"),
  ),

  MTDFILEMODE: value(oneOf64(F.mtd_file_modes)),
  MEMGETREGIONCOUNT: writes(int),
  OTPGETREGIONCOUNT: writes(int),
  OTPSELECT: reads(oneOf(F.mtd_otp)),
  ...each("MEMERASE MEMLOCK MEMUNLOCK MEMISLOCKED", reads(record("erase_info_user", "start:hex length:hex"))),
  MEMERASE64: reads(record("erase_info_user64", "start:hex length:hex")),
  ...each("MEMGETBADBLOCK MEMSETBADBLOCK", reads(boxed(special("s64")))),
  MEMGETINFO: writes(
    record(
      "mtd_info_user",
      "type:type flags:flags size:hex erasesize:hex writesize:hex oobsize:hex padding:hex",
      { type: oneOf(F.mtd_types), flags: flags(F.mtd_flags) },
    ),
  ),
  MEMGETREGIONINFO: grown(
    record("region_info_user", "regionindex:hex"),
    record("region_info_user", "offset:hex erasesize:hex numblocks:hex"),
  ),
  OTPGETREGIONINFO: writes(record("otp_info", "start:hex length:hex locked")),
  OTPLOCK: reads(record("otp_info", "start:hex length:hex locked")),
  ...each("MEMWRITEOOB MEMREADOOB", reads(record("mtd_oob_buf", "start:hex length:hex ptr:addr"))),
  ...each(
    "MEMWRITEOOB64 MEMREADOOB64",
    reads(record("mtd_oob_buf64", "start:hex length:hex usr_ptr:addr64")),
  ),
  ECCGETSTATS: writes(record("mtd_ecc_stats", "corrected:hex failed:hex badblocks:hex bbtblocks:hex")),

  ...each("UBI_IOCVOLRMBLK UBI_IOCVOLCRBLK", none),
  ...each(
    "UBI_IOCEBER UBI_IOCEBUNMAP UBI_IOCRMVOL UBI_IOCRPEB UBI_IOCSPEB UBI_IOCDET UBI_IOCEBISMAP",
    reads(int),
  ),
  UBI_IOCVOLUP: reads(boxed(special("s64"))),
  UBI_IOCRSVOL: reads(record("ubi_rsvol_req", "bytes vol_id")),
  UBI_IOCATT: both(record("ubi_attach_req", "ubi_num mtd_num vid_hdr_offset max_beb_per1024"), int),
};
