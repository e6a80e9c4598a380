/** Flag sets and structs of the commands of devices: SCSI, device mapper, input, video, virtual machines, GPIO … */
const prefix = (fallback, header, start, exclude) => ({
  headers: [header].flat(),
  prefix: start,
  exclude,
  fallback,
});
const names = (fallback, headers, text, more = {}) => ({
  headers: [headers].flat(),
  names: text.trim().split(/\s+/),
  fallback,
  ...more,
});
const members = (fallback, header, member, exclude) => ({
  headers: [header].flat(),
  enumOf: member,
  exclude,
  fallback,
});
const fixed = (fallback, extra) => ({ headers: [], names: [], fallback, extra });
const structs = (headers, text) =>
  Object.fromEntries(
    text
      .trim()
      .split(/\s+/)
      .map((name) => [name, { headers: [headers].flat() }]),
  );

const sg = ["stddef.h", "linux/types.h", "scsi/sg.h"];
const input = "linux/input.h";
const video = "linux/videodev2.h";
const gpio = "linux/gpio.h";
const tee = "linux/tee.h";
const btrfs = ["stddef.h", "linux/btrfs.h", "linux/btrfs_tree.h"];

export default {
  sets: {
    sg_directions: names(
      "SG_DXFER_???",
      sg,
      "SG_DXFER_NONE SG_DXFER_TO_DEV SG_DXFER_FROM_DEV SG_DXFER_TO_FROM_DEV",
    ),
    sg_flags: fixed("SG_FLAG_???", {
      SG_FLAG_DIRECT_IO: 1,
      SG_FLAG_UNUSED_LUN_INHIBIT: 2,
      SG_FLAG_MMAP_IO: 4,
      SG_FLAG_NO_DXFER: 0x10000,
      SG_FLAG_Q_AT_TAIL: 0x10,
      SG_FLAG_Q_AT_HEAD: 0x20,
    }),
    sg_info: names("SG_INFO_???", sg, "SG_INFO_CHECK SG_INFO_DIRECT_IO SG_INFO_MIXED_IO"),
    sg_resets: names(
      "SG_SCSI_RESET_???",
      sg,
      "SG_SCSI_RESET_NOTHING SG_SCSI_RESET_DEVICE SG_SCSI_RESET_BUS SG_SCSI_RESET_HOST SG_SCSI_RESET_TARGET",
      { extra: { SG_SCSI_RESET_TARGET: 4 } },
    ),
    bsg_protocols: fixed("BSG_PROTOCOL_???", { BSG_PROTOCOL_SCSI: 0 }),
    bsg_subprotocols: fixed("BSG_SUB_PROTOCOL_???", {
      BSG_SUB_PROTOCOL_SCSI_CMD: 0,
      BSG_SUB_PROTOCOL_SCSI_TMF: 1,
      BSG_SUB_PROTOCOL_SCSI_TRANSPORT: 2,
    }),
    bsg_flags: fixed("BSG_FLAG_???", { BSG_FLAG_Q_AT_TAIL: 0x10, BSG_FLAG_Q_AT_HEAD: 0x20 }),
    dm_flags: names(
      "DM_???",
      "linux/dm-ioctl.h",
      `DM_READONLY_FLAG DM_SUSPEND_FLAG DM_EXISTS_FLAG DM_PERSISTENT_DEV_FLAG DM_STATUS_TABLE_FLAG
       DM_ACTIVE_PRESENT_FLAG DM_INACTIVE_PRESENT_FLAG DM_BUFFER_FULL_FLAG DM_SKIP_BDGET_FLAG DM_SKIP_LOCKFS_FLAG
       DM_NOFLUSH_FLAG DM_QUERY_INACTIVE_TABLE_FLAG DM_UEVENT_GENERATED_FLAG DM_UUID_FLAG DM_SECURE_DATA_FLAG
       DM_DATA_OUT_FLAG DM_DEFERRED_REMOVE DM_INTERNAL_SUSPEND_FLAG DM_IMA_MEASUREMENT_FLAG`,
      // libdevmapper's own
      { extra: { DM_EXISTS_FLAG: 4 } },
    ),
    input_events: prefix("EV_???", input, "EV_", /^EV_(MAX|CNT|VERSION)/),
    input_keys: { ...prefix("KEY_???", input, "KEY_", /^KEY_(MAX|CNT|MIN_)/), prefixes: ["KEY_", "BTN_"] },
    input_relative: prefix("REL_???", input, "REL_", /_(MAX|CNT)$/),
    input_absolute: prefix("ABS_???", input, "ABS_", /_(MAX|CNT)$/),
    input_slots: prefix("ABS_MT_???", input, "ABS_MT_"),
    input_misc: prefix("MSC_???", input, "MSC_", /_(MAX|CNT)$/),
    input_switches: prefix("SW_???", input, "SW_", /_(MAX|CNT)$/),
    input_leds: prefix("LED_???", input, "LED_", /_(MAX|CNT)$/),
    input_sounds: prefix("SND_???", input, "SND_", /_(MAX|CNT)$/),
    input_repeats: prefix("REP_???", input, "REP_", /_(MAX|CNT)$/),
    input_effects: prefix("FF_???", input, "FF_", /_(MAX|CNT|MIN)$|^FF_STATUS|^FF_MAX_/),
    input_effect_states: prefix("FF_STATUS_???", input, "FF_STATUS_", /_MAX$/),
    input_properties: prefix("PROP_???", input, "INPUT_PROP_", /_(MAX|CNT)$/),
    v4l2_capabilities: prefix("V4L2_CAP_???", video, "V4L2_CAP_", /TIMEPERFRAME|IO_MC/),
    v4l2_streaming: names("V4L2_CAP_???", video, "V4L2_CAP_TIMEPERFRAME"),
    v4l2_modes: names("V4L2_MODE_???", video, "V4L2_MODE_HIGHQUALITY"),
    v4l2_buffer_types: members("V4L2_BUF_TYPE_???", video, "V4L2_BUF_TYPE_VIDEO_CAPTURE", /PRIVATE/),
    v4l2_fields: members("V4L2_FIELD_???", video, "V4L2_FIELD_ANY"),
    v4l2_colorspaces: members("V4L2_COLORSPACE_???", video, "V4L2_COLORSPACE_DEFAULT", /LAST$/),
    v4l2_memories: members("V4L2_MEMORY_???", video, "V4L2_MEMORY_MMAP"),
    v4l2_format_flags: prefix("V4L2_FMT_FLAG_???", video, "V4L2_FMT_FLAG_", /CSC_HSV/),
    v4l2_vbi_flags: names("V4L2_VBI_???", video, "V4L2_VBI_UNSYNC V4L2_VBI_INTERLACED"),
    v4l2_sliced: names(
      "V4L2_SLICED_???",
      video,
      "V4L2_SLICED_VBI_625 V4L2_SLICED_TELETEXT_B V4L2_SLICED_VPS V4L2_SLICED_CAPTION_525 V4L2_SLICED_WSS_625",
    ),
    v4l2_pixel_formats: prefix("", video, "V4L2_PIX_FMT_", /PRIV_MAGIC|FLAG/),
    v4l2_radio_formats: prefix("", video, "V4L2_SDR_FMT_"),
    v4l2_meta_formats: prefix("", video, "V4L2_META_FMT_"),
    v4l2_buffer_flags: prefix("V4L2_BUF_FLAG_???", video, "V4L2_BUF_FLAG_", /TIMESTAMP|TSTAMP_SRC|M2M_HOLD/),
    v4l2_clocks: names(
      "V4L2_BUF_FLAG_TIMESTAMP_???",
      video,
      "V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC V4L2_BUF_FLAG_TIMESTAMP_COPY",
    ),
    v4l2_sources: names(
      "V4L2_BUF_FLAG_TSTAMP_SRC_???",
      video,
      "V4L2_BUF_FLAG_TSTAMP_SRC_EOF V4L2_BUF_FLAG_TSTAMP_SRC_SOE",
    ),
    v4l2_input_types: prefix("V4L2_INPUT_TYPE_???", video, "V4L2_INPUT_TYPE_"),
    v4l2_control_classes: prefix("V4L2_CTRL_CLASS_???", video, "V4L2_CTRL_CLASS_"),
    v4l2_controls: prefix(
      "V4L2_CID_???",
      video,
      "V4L2_CID_",
      /_BASE$|_CLASS$|V4L2_CID_(LASTP1|MAX_CTRLS|PRIVATE)/,
    ),
    v4l2_next_flags: names(
      "V4L2_CTRL_FLAG_NEXT_???",
      video,
      "V4L2_CTRL_FLAG_NEXT_CTRL V4L2_CTRL_FLAG_NEXT_COMPOUND",
    ),
    v4l2_control_flags: prefix("V4L2_CTRL_FLAG_???", video, "V4L2_CTRL_FLAG_", /NEXT|DYNAMIC_ARRAY/),
    v4l2_control_types: members("V4L2_CTRL_TYPE_???", video, "V4L2_CTRL_TYPE_INTEGER", /COMPOUND_TYPES/),
    v4l2_tuner_types: members("V4L2_TUNER_???", video, "V4L2_TUNER_RADIO"),
    v4l2_tuner_capabilities: prefix("V4L2_TUNER_CAP_???", video, "V4L2_TUNER_CAP_", /SAP/),
    v4l2_tuner_channels: names(
      "V4L2_TUNER_SUB_???",
      video,
      "V4L2_TUNER_SUB_MONO V4L2_TUNER_SUB_STEREO V4L2_TUNER_SUB_LANG2 V4L2_TUNER_SUB_LANG1 V4L2_TUNER_SUB_RDS",
    ),
    v4l2_tuner_modes: names(
      "V4L2_TUNER_MODE_???",
      video,
      "V4L2_TUNER_MODE_MONO V4L2_TUNER_MODE_STEREO V4L2_TUNER_MODE_LANG2 V4L2_TUNER_MODE_LANG1 V4L2_TUNER_MODE_LANG1_LANG2",
    ),
    v4l2_size_types: members("V4L2_FRMSIZE_TYPE_???", video, "V4L2_FRMSIZE_TYPE_DISCRETE"),
    v4l2_interval_types: members("V4L2_FRMIVAL_TYPE_???", video, "V4L2_FRMIVAL_TYPE_DISCRETE"),
    kvm_cpuid_flags: prefix("KVM_CPUID_FLAG_???", "linux/kvm.h", "KVM_CPUID_FLAG_"),
    gpio_line_flags: prefix("GPIOLINE_FLAG_???", gpio, "GPIOLINE_FLAG_"),
    gpio_handle_flags: prefix("GPIOHANDLE_REQUEST_???", gpio, "GPIOHANDLE_REQUEST_"),
    gpio_event_flags: names(
      "GPIOEVENT_REQUEST_???",
      gpio,
      "GPIOEVENT_REQUEST_BOTH_EDGES GPIOEVENT_REQUEST_RISING_EDGE GPIOEVENT_REQUEST_FALLING_EDGE",
    ),
    gpio_v2_flags: members("GPIO_V2_LINE_FLAG_???", gpio, "GPIO_V2_LINE_FLAG_USED"),
    lirc_features: names(
      "LIRC_CAN_???",
      "linux/lirc.h",
      `LIRC_CAN_SEND_PULSE LIRC_CAN_SEND_LIRCCODE LIRC_CAN_SET_SEND_CARRIER LIRC_CAN_SET_SEND_DUTY_CYCLE
       LIRC_CAN_SET_TRANSMITTER_MASK LIRC_CAN_REC_MODE2 LIRC_CAN_REC_SCANCODE LIRC_CAN_REC_LIRCCODE
       LIRC_CAN_SET_REC_CARRIER LIRC_CAN_MEASURE_CARRIER LIRC_CAN_USE_WIDEBAND_RECEIVER LIRC_CAN_SET_REC_TIMEOUT
       LIRC_CAN_GET_REC_RESOLUTION LIRC_CAN_SET_REC_CARRIER_RANGE`,
      { extra: { LIRC_CAN_SEND_LIRCCODE: 0x10 } },
    ),
    lirc_modes: prefix("LIRC_MODE_???", "linux/lirc.h", "LIRC_MODE_"),
    tee_implementations: prefix("TEE_IMPL_ID_???", tee, "TEE_IMPL_ID_"),
    tee_capabilities: prefix("TEE_GEN_CAP_???", tee, "TEE_GEN_CAP_"),
    tee_optee_capabilities: prefix("TEE_OPTEE_CAP_???", tee, "TEE_OPTEE_CAP_"),
    tee_logins: names(
      "TEE_IOCTL_LOGIN_???",
      tee,
      "TEE_IOCTL_LOGIN_PUBLIC TEE_IOCTL_LOGIN_USER TEE_IOCTL_LOGIN_GROUP TEE_IOCTL_LOGIN_APPLICATION TEE_IOCTL_LOGIN_USER_APPLICATION TEE_IOCTL_LOGIN_GROUP_APPLICATION",
    ),
    tee_origins: fixed("TEEC_ORIGIN_???", {
      TEEC_ORIGIN_API: 1,
      TEEC_ORIGIN_COMMS: 2,
      TEEC_ORIGIN_TEE: 3,
      TEEC_ORIGIN_TRUSTED_APP: 4,
    }),
    tee_attributes: prefix("TEE_IOCTL_PARAM_ATTR_", tee, "TEE_IOCTL_PARAM_ATTR_", /MASK$/),
    tee_memory_flags: fixed("TEE_IOCTL_SHM_???", {
      TEE_IOCTL_SHM_MAPPED: 1,
      TEE_IOCTL_SHM_DMA_BUF: 2,
      TEE_IOCTL_SHM_EXT_DMA_BUF: 4,
      TEE_IOCTL_SHM_REGISTER: 8,
      TEE_IOCTL_SHM_USER_MAPPED: 0x10,
      TEE_IOCTL_SHM_POOL: 0x20,
      TEE_IOCTL_SHM_KERNEL_MAPPED: 0x40,
    }),
    mtd_modes: members("MTD_OPS_???", "mtd/mtd-abi.h", "MTD_OPS_PLACE_OOB"),
    mtd_ecc_modes: prefix("MTD_NANDECC_???", "mtd/mtd-abi.h", "MTD_NANDECC_"),
    ubi_types: fixed("UBI_???_VOLUME", { UBI_DYNAMIC_VOLUME: 3, UBI_STATIC_VOLUME: 4 }),
    ubi_flags: fixed("UBI_VOL_???", { UBI_VOL_SKIP_CRC_CHECK_FLG: 1 }),
    ubi_properties: fixed("UBI_VOL_PROP_???", { UBI_VOL_PROP_DIRECT_WRITE: 1 }),
    ubi_data: fixed("UBI_???", { UBI_LONGTERM: 1, UBI_SHORTTERM: 2, UBI_UNKNOWN: 3 }),
    counter_components: members("COUNTER_COMPONENT_???", "linux/counter.h", "COUNTER_COMPONENT_NONE"),
    counter_scopes: members("COUNTER_SCOPE_???", "linux/counter.h", "COUNTER_SCOPE_DEVICE"),
    counter_events: members("COUNTER_EVENT_???", "linux/counter.h", "COUNTER_EVENT_OVERFLOW"),
    btrfs_block_groups: names(
      "BTRFS_BLOCK_GROUP_???",
      btrfs,
      `BTRFS_BLOCK_GROUP_DATA BTRFS_BLOCK_GROUP_SYSTEM BTRFS_BLOCK_GROUP_METADATA BTRFS_BLOCK_GROUP_RAID0
       BTRFS_BLOCK_GROUP_RAID1 BTRFS_BLOCK_GROUP_DUP BTRFS_BLOCK_GROUP_RAID10 BTRFS_BLOCK_GROUP_RAID5
       BTRFS_BLOCK_GROUP_RAID6 BTRFS_AVAIL_ALLOC_BIT_SINGLE BTRFS_SPACE_INFO_GLOBAL_RSV`,
    ),
    btrfs_balance_filters: prefix("BTRFS_BALANCE_ARGS_???", btrfs, "BTRFS_BALANCE_ARGS_", /MASK/),
    btrfs_balance_flags: names(
      "BTRFS_BALANCE_???",
      btrfs,
      "BTRFS_BALANCE_DATA BTRFS_BALANCE_SYSTEM BTRFS_BALANCE_METADATA BTRFS_BALANCE_FORCE BTRFS_BALANCE_RESUME",
    ),
    btrfs_balance_states: prefix("BTRFS_BALANCE_STATE_???", btrfs, "BTRFS_BALANCE_STATE_"),
    btrfs_checksums: fixed("BTRFS_CSUM_TYPE_???", {
      BTRFS_CSUM_TYPE_CRC32: 0,
      BTRFS_CSUM_TYPE_XXHASH: 1,
      BTRFS_CSUM_TYPE_SHA256: 2,
      BTRFS_CSUM_TYPE_BLAKE2: 3,
    }),
    btrfs_replace_commands: prefix("BTRFS_IOCTL_DEV_REPLACE_CMD_???", btrfs, "BTRFS_IOCTL_DEV_REPLACE_CMD_"),
    btrfs_replace_results: prefix(
      "BTRFS_IOCTL_DEV_REPLACE_RESULT_???",
      btrfs,
      "BTRFS_IOCTL_DEV_REPLACE_RESULT_",
    ),
    btrfs_replace_states: prefix(
      "BTRFS_IOCTL_DEV_REPLACE_STATE_???",
      btrfs,
      "BTRFS_IOCTL_DEV_REPLACE_STATE_",
    ),
    btrfs_replace_modes: prefix(
      "BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_???",
      btrfs,
      "BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_",
    ),
    btrfs_statistics_flags: names("BTRFS_DEV_STATS_???", btrfs, "BTRFS_DEV_STATS_RESET"),
    btrfs_statistics: members("", btrfs, "BTRFS_DEV_STAT_WRITE_ERRS", /VALUES_MAX/),
    btrfs_compatible: fixed("BTRFS_FEATURE_COMPAT_???", {}),
    btrfs_compatible_ro: prefix("BTRFS_FEATURE_COMPAT_RO_???", btrfs, "BTRFS_FEATURE_COMPAT_RO_"),
    btrfs_incompatible: prefix("BTRFS_FEATURE_INCOMPAT_???", btrfs, "BTRFS_FEATURE_INCOMPAT_"),
    btrfs_info_flags: prefix("BTRFS_FS_INFO_FLAG_???", btrfs, "BTRFS_FS_INFO_FLAG_"),
    btrfs_keys: prefix(
      "",
      btrfs,
      "BTRFS_",
      /^BTRFS_(?!\w+_KEY$)|TEMPORARY_ITEM|PERSISTENT_ITEM|BALANCE_ITEM/,
    ),
    btrfs_inode_flags: fixed("BTRFS_LOGICAL_INO_ARGS_???", { BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET: 1 }),
    btrfs_inherit_flags: names("BTRFS_QGROUP_INHERIT_???", btrfs, "BTRFS_QGROUP_INHERIT_SET_LIMITS"),
    btrfs_limit_flags: prefix("BTRFS_QGROUP_LIMIT_???", btrfs, "BTRFS_QGROUP_LIMIT_"),
    btrfs_scrub_flags: names("BTRFS_SCRUB_???", btrfs, "BTRFS_SCRUB_READONLY"),
    btrfs_send_flags: prefix("BTRFS_SEND_FLAGS_???", btrfs, "BTRFS_SEND_FLAG_"),
    btrfs_objects: names(
      "",
      btrfs,
      `BTRFS_ROOT_TREE_OBJECTID BTRFS_EXTENT_TREE_OBJECTID BTRFS_CHUNK_TREE_OBJECTID BTRFS_DEV_TREE_OBJECTID
       BTRFS_FS_TREE_OBJECTID BTRFS_ROOT_TREE_DIR_OBJECTID BTRFS_CSUM_TREE_OBJECTID BTRFS_QUOTA_TREE_OBJECTID
       BTRFS_UUID_TREE_OBJECTID BTRFS_FREE_SPACE_TREE_OBJECTID BTRFS_BLOCK_GROUP_TREE_OBJECTID
       BTRFS_FIRST_FREE_OBJECTID BTRFS_LAST_FREE_OBJECTID UINT64_MAX`,
      { extra: { BTRFS_BLOCK_GROUP_TREE_OBJECTID: 11, UINT64_MAX: 0xffffffffffffffffn } },
    ),
  },
  structs: {
    ...structs(sg, "sg_io_hdr"),
    ...structs("linux/bsg.h", "sg_io_v4"),
    ...structs(
      "linux/dm-ioctl.h",
      "dm_ioctl dm_target_spec dm_name_list dm_target_versions dm_target_deps dm_target_msg",
    ),
    ...structs(
      video,
      `v4l2_capability v4l2_fmtdesc v4l2_format v4l2_pix_format v4l2_pix_format_mplane v4l2_plane_pix_format v4l2_window
       v4l2_clip v4l2_rect v4l2_vbi_format v4l2_sliced_vbi_format v4l2_sdr_format v4l2_meta_format v4l2_requestbuffers
       v4l2_buffer v4l2_framebuffer v4l2_streamparm v4l2_captureparm v4l2_outputparm v4l2_standard v4l2_input
       v4l2_control v4l2_tuner v4l2_queryctrl v4l2_query_ext_ctrl v4l2_cropcap v4l2_crop v4l2_ext_control
       v4l2_ext_controls v4l2_frmsizeenum v4l2_frmsize_discrete v4l2_frmsize_stepwise v4l2_frmivalenum
       v4l2_frmival_stepwise v4l2_create_buffers`,
    ),
    ...structs(
      input,
      "input_absinfo input_keymap_entry ff_effect ff_envelope ff_trigger ff_replay ff_constant_effect ff_ramp_effect ff_periodic_effect ff_rumble_effect",
    ),
    ...structs("linux/kvm.h", "kvm_regs kvm_sregs kvm_segment kvm_dtable kvm_cpuid2 kvm_cpuid_entry2"),
    ...structs("linux/blktrace_api.h", "blk_user_trace_setup"),
    ...structs(
      gpio,
      "gpiochip_info gpioline_info gpiohandle_request gpioevent_request gpiohandle_data gpiohandle_config gpio_v2_line_attribute gpio_v2_line_config_attribute gpio_v2_line_config gpio_v2_line_info gpio_v2_line_request gpio_v2_line_values",
    ),
    ...structs(
      tee,
      "tee_ioctl_version_data tee_ioctl_buf_data tee_ioctl_open_session_arg tee_ioctl_invoke_arg tee_ioctl_cancel_arg tee_ioctl_close_session_arg tee_iocl_supp_recv_arg tee_iocl_supp_send_arg tee_ioctl_shm_alloc_data tee_ioctl_shm_register_data tee_ioctl_param",
    ),
    ...structs("mtd/mtd-abi.h", "mtd_write_req nand_oobinfo nand_ecclayout_user nand_oobfree"),
    ...structs(
      "mtd/ubi-user.h",
      "ubi_mkvol_req ubi_rnvol_req ubi_leb_change_req ubi_map_req ubi_set_vol_prop_req",
    ),
    ubi_rename: {
      headers: ["linux/types.h"],
      // struct ubi_rnvol_req's, which has no name there
      prelude: "struct ubi_rename_ { __s32 vol_id; __s16 name_len; __s8 padding2[2]; char name[128]; };",
      type: "struct ubi_rename_",
    },
    ...structs(
      "linux/ptp_clock.h",
      "ptp_perout_request ptp_sys_offset ptp_sys_offset_precise ptp_sys_offset_extended",
    ),
    ...structs("linux/counter.h", "counter_component counter_watch"),
    ...structs(
      btrfs,
      `btrfs_ioctl_balance_args btrfs_balance_args btrfs_ioctl_dev_info_args btrfs_ioctl_dev_replace_args
       btrfs_ioctl_dev_replace_start_params btrfs_ioctl_dev_replace_status_params btrfs_ioctl_feature_flags
       btrfs_ioctl_fs_info_args btrfs_ioctl_get_dev_stats btrfs_ioctl_ino_lookup_args btrfs_ioctl_ino_path_args
       btrfs_ioctl_logical_ino_args btrfs_data_container btrfs_ioctl_qgroup_limit_args btrfs_qgroup_limit
       btrfs_ioctl_received_subvol_args btrfs_ioctl_timespec btrfs_ioctl_scrub_args btrfs_scrub_progress
       btrfs_ioctl_search_args btrfs_ioctl_search_args_v2 btrfs_ioctl_search_key btrfs_ioctl_search_header
       btrfs_ioctl_send_args btrfs_ioctl_space_args btrfs_ioctl_space_info btrfs_ioctl_vol_args_v2 btrfs_qgroup_inherit`,
    ),
    ...structs("linux/kd.h", "kbentry kbsentry kbdiacr kbdiacruc unipair console_font_op"),
  },
};
