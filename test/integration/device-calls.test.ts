/** Commands of devices with structs that can be recognised, beside strace: one case for each family. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { family, IOCTL, numbers } from "../differential/ioctl.ts";
import { differencesOf, recognisable, type Seen, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const some = (found: readonly Seen[]) => found.slice(0, Number(process.env.SHOW ?? 5));

const read = (type: string, nr: number, size: number) =>
  (0x80000000 | (size << 16) | (type.charCodeAt(0) << 8) | nr) >>> 0;
const write = (type: string, nr: number, size: number) =>
  (0x40000000 | (size << 16) | (type.charCodeAt(0) << 8) | nr) >>> 0;

/** The cases: name and what they call. */
const cases: readonly (readonly [string, (script: Script) => void])[] = [
  [
    "SG_IO, both versions",
    (s) => {
      const data = s.at(Buffer.from("command, data, sense: longer than is shown without an option"));
      const vectors = s.at(
        struct()
          .u64(data, 5, data + 7, 40)
          .done(),
      );
      const v3 = (direction: number, more: { count?: number; resid?: number; flags?: number } = {}) =>
        struct()
          .u32(83, direction)
          .u8(6, 16)
          .u16(more.count ?? 0)
          .u32(20)
          .u64(more.count ? vectors : data, data, data + 3)
          .u32(30000, more.flags ?? 0x33, 7)
          .pad(64)
          .u64(0x1234)
          .u8(2, 1, 3, 5)
          .u16(4, 6)
          .u32(more.resid ?? 3, 77, 0x105)
          .pad(88)
          .done();
      const v4 = (more: { out?: number; in?: number; flags?: number; resid?: number } = {}) =>
        struct()
          .u32(81, 0, 1, 10)
          .u64(data, 0xabcdef)
          .u32(1, 2, 3, 8)
          .u64(data + 3)
          .u32(more.out ?? 0, 12, more.in ?? 0, 14)
          .u64(more.out ? vectors : data, more.in ? vectors : data + 9)
          .u32(5000, more.flags ?? 0x30)
          .u64(0x5678)
          .u32(0, 2, 3, 4, 5, 0x2, 99, 6, more.resid ?? 4)
          .u32(1)
          .u64(0x9abc)
          .u32(0)
          .pad(160)
          .done();
      family(s, "SG_IO", () => [
        ...[-1, -2, -3, -4, -5, 7].map((d) => v3(d)),
        ...[-2, -3, -4].map((d) => v3(d, { count: 2 })),
        ...[20, 21, -1].map((resid) => v3(-3, { resid })),
        v3(-4, { resid: 20, flags: 0x80000007 }),
        v4(),
        v4({ out: 2 }),
        v4({ in: 2, flags: 0x11 }),
        ...[0, 14, 15, -1].map((resid) => v4({ resid })),
        struct().u32(83).done(),
        struct().u32(84, 1, 2).done(),
      ]);
      family(s, "SG_SCSI_RESET", () => [0, 1, 4, 5, 0x100, 0x102, 0x1ff].map((n) => struct().u32(n).done()));
      family(
        s,
        "SG_GET_SCSI_ID SG_GET_REQUEST_TABLE SG_SET_TRANSFORM SG_GET_TRANSFORM SG_GET_TIMEOUT",
        () => [],
      );
    },
  ],
  [
    "device mapper",
    (s) => {
      const all =
        "DM_VERSION DM_REMOVE_ALL DM_LIST_DEVICES DM_DEV_CREATE DM_DEV_REMOVE DM_DEV_RENAME DM_DEV_SUSPEND DM_DEV_STATUS DM_DEV_WAIT DM_TABLE_LOAD DM_TABLE_CLEAR DM_TABLE_DEPS DM_TABLE_STATUS DM_LIST_VERSIONS DM_TARGET_MSG DM_DEV_SET_GEOMETRY DM_DEV_ARM_POLL";
      const header = (
        size: number,
        start: number,
        more: {
          version?: number;
          minor?: number;
          targets?: number;
          flags?: number;
          dev?: number;
          name?: string;
        } = {},
      ) =>
        struct()
          .u32(
            more.version ?? 4,
            more.minor ?? 37,
            0,
            size,
            start,
            more.targets ?? 2,
            3,
            more.flags ?? 0x10007,
            9,
            0,
          )
          .u64(more.dev ?? 0x801)
          .text(more.name ?? "volume", 128)
          .text(more.name === "" ? "" : "LVM-uuid", 129)
          .pad(312);
      const target = (next: number, parameters: string) =>
        struct().u64(100, 200).u32(0xfffffffb, next).text("linear", 16).text(`${parameters}\0`, 40).done();
      const list = (next: number, name: string) =>
        struct().u64(0x803).u32(next).text(`${name}\0`, 28).pad(40).u32(5).done();
      const version = (next: number, name: string) =>
        struct().u32(next, 1, 2, 3).text(`${name}\0`, 16).done();
      const payloads = [
        Buffer.concat([target(80, "253:0 0"), target(160, "a much longer line of parameters")]),
        Buffer.concat([list(44, "first"), list(0, "second")]),
        Buffer.concat([version(32, "linear"), version(0, "striped")]),
        struct().u32(2, 0).u64(0x801, 0x802, 0).done(),
        struct().u64(77).text("message to the target\0").done(),
        Buffer.from("new name\0and more"),
        Buffer.from("a new name that is longer than what is shown of texts\0"),
      ];
      family(s, all, () => [
        ...payloads.map((p) =>
          header(312 + p.length, 312)
            .raw(p)
            .done(),
        ),
        header(312, 312, { targets: 0 }).done(),
        header(305, 305, { flags: 0, dev: 0, name: "" }).done(),
        header(304, 312).done(),
        header(8, 0).done(),
        header(12, 0).done(),
        header(16, 0).done(),
        header(400, 0xfffffff0).done(),
        header(400, 399).done(),
        header(400, 500).done(),
        header(4000, 312, { version: 5 }).done(),
        header(4000, 312, { minor: 36, targets: 100, flags: 0xffffffff }).raw(payloads[1]).done(),
        header(4000, 312, { targets: 100 }).raw(target(0, "again")).done(),
        header(320, 312).raw(target(0, "cut")).done(),
      ]);
    },
  ],
  [
    "input devices",
    (s) => {
      for (const nr of [
        6,
        7,
        8,
        9,
        10,
        0x18,
        0x19,
        0x1a,
        0x1b,
        ...Array.from({ length: 32 }, (_, i) => 0x20 + i),
        0x40,
        0x55,
        0x7f,
        0x7e,
        0x90,
      ])
        for (const size of [0, 4, 8, 20, 24, 32, 96])
          family(s, [read("E", nr, size)], () => [
            struct().u64(0x10003, 0, 0x8000000000000001n).pad(96).done(),
          ]);
      for (const nr of [0xc0, 0xc5, 0xff, 0x10])
        for (const size of [8, 20, 24, 40]) family(s, [write("E", nr, size)], () => []);
      family(
        s,
        "EVIOCGVERSION EVIOCGEFFECTS EVIOCGID EVIOCGREP EVIOCSREP EVIOCRMFF EVIOCGRAB EVIOCREVOKE EVIOCSCLOCKID EVIOCGKEYCODE EVIOCSKEYCODE EVIOCGKEYCODE_V2 EVIOCSKEYCODE_V2",
        () => [
          struct().u32(30, 48).done(),
          struct().u32(30, 0x2ff).done(),
          struct().u8(1, 4).u16(2).u32(0x110).u8(1, 2, 3, 4).pad(40).done(),
        ],
      );
      const envelope = struct().u16(1, 2, 3, 4).done();
      const effect = (type: number, detail: Buffer) =>
        struct().u16(type, 5, 0x4000, 7, 8, 9, 10).pad(16).raw(detail).pad(48).done();
      family(s, "EVIOCSFF", () => [
        effect(0x50, struct().u16(1000, 2000).done()),
        effect(
          0x51,
          struct().u16(0x58, 1, 0xffff, 0xfffe, 2).raw(envelope).pad(20).u32(3).u64(0x4000).done(),
        ),
        effect(0x52, struct().u16(0xff00).raw(envelope).done()),
        effect(0x57, struct().u16(0xff00, 5).raw(envelope).done()),
        effect(0x53, recognisable(32)),
        effect(0x70, recognisable(32)),
      ]);
    },
  ],
  [
    "virtual machines",
    (s) => {
      const entry = (n: number) => struct().u32(n, 1, 7, 0x100, 0x200, 0x300, 0x400).pad(40).done();
      family(s, "KVM_GET_REGS KVM_SET_REGS KVM_GET_SREGS KVM_SET_SREGS KVM_SET_USER_MEMORY_REGION", () => [
        new Uint8Array(400) as Buffer,
      ]);
      family(s, "KVM_SET_CPUID2 KVM_GET_SUPPORTED_CPUID KVM_GET_EMULATED_CPUID", () => [
        struct().u32(0, 0).done(),
        struct().u32(2, 0).raw(entry(1)).raw(entry(0x80000000)).done(),
        struct().u32(100, 0).raw(entry(1)).done(),
      ]);
      for (const n of [0, 1, 5, 1000, -1])
        for (const name of ["KVM_CHECK_EXTENSION", "KVM_CREATE_VCPU", "KVM_CREATE_VM", "KVM_RUN"])
          s.call(IOCTL, -1, numbers.get(name)!, n);
    },
  ],
  [
    "pins, counters and infrared",
    (s) => {
      const attribute = (id: number, padding: number, value: number) =>
        struct().u32(id, padding).u64(value).done();
      const config = (count: number, padding = 0) =>
        struct()
          .u64(0x1f)
          .u32(count, padding, 0, 0, 0, 0)
          .raw(attribute(1, 0, 5))
          .u64(3)
          .raw(attribute(2, 0, 6))
          .u64(4)
          .raw(attribute(3, 0, 7))
          .u64(5)
          .raw(attribute(4, 0, 8))
          .u64(6)
          .raw(attribute(1, 9, 9))
          .u64(7)
          .pad(272)
          .done();
      const info = (count: number) =>
        struct()
          .text("line", 32)
          .text("user", 32)
          .u32(5, count)
          .u64(0x2f)
          .raw(attribute(1, 0, 5))
          .raw(attribute(3, 0, 7))
          .raw(attribute(7, 0, 7))
          .pad(240)
          .u32(0, 0, 0, 0)
          .pad(256)
          .done();
      const wanted = (count: number) =>
        struct()
          .raw(recognisable(256))
          .text("consumer", 32)
          .raw(config(5))
          .u32(count, 9, 0, 0, 0, 0, 0, 3)
          .pad(592)
          .done();
      const handles = (count: number) =>
        struct()
          .raw(recognisable(256))
          .u32(0x87)
          .raw(recognisable(64))
          .text("label", 32)
          .u32(count, 5)
          .done();
      family(
        s,
        "GPIO_GET_CHIPINFO_IOCTL GPIO_GET_LINEINFO_IOCTL GPIO_GET_LINEINFO_WATCH_IOCTL GPIO_GET_LINEINFO_UNWATCH_IOCTL GPIO_GET_LINEHANDLE_IOCTL GPIO_GET_LINEEVENT_IOCTL GPIOHANDLE_GET_LINE_VALUES_IOCTL GPIOHANDLE_SET_LINE_VALUES_IOCTL GPIOHANDLE_SET_CONFIG_IOCTL",
        () => [
          struct().text("gpiochip0", 32).text("a label", 32).u32(54).pad(72).done(),
          struct().u32(5, 0xff).text("name", 32).text("", 32).pad(72).done(),
          ...[0, 3, 64, 65].map(handles),
          struct().u32(3, 5, 3).text("event", 32).u32(9).done(),
        ],
      );
      family(
        s,
        "GPIO_V2_GET_LINEINFO_IOCTL GPIO_V2_GET_LINEINFO_WATCH_IOCTL GPIO_V2_GET_LINE_IOCTL GPIO_V2_LINE_SET_CONFIG_IOCTL GPIO_V2_LINE_GET_VALUES_IOCTL GPIO_V2_LINE_SET_VALUES_IOCTL",
        () => [
          ...[0, 1, 5, 10, 11].map((n) => config(n)),
          config(0, 7),
          ...[0, 3, 11].map(info),
          ...[0, 2, 64, 70].map(wanted),
        ],
      );
      family(s, "COUNTER_ADD_WATCH_IOCTL COUNTER_ENABLE_EVENTS_IOCTL COUNTER_DISABLE_EVENTS_IOCTL", () => [
        struct().u8(1, 2, 3, 4, 5, 6).done(),
        struct().u8(9, 9, 3, 4, 77, 6).done(),
      ]);
      family(
        s,
        "LIRC_GET_FEATURES LIRC_GET_SEND_MODE LIRC_GET_REC_MODE LIRC_GET_REC_RESOLUTION LIRC_GET_MIN_TIMEOUT LIRC_GET_MAX_TIMEOUT LIRC_SET_SEND_MODE LIRC_SET_REC_MODE LIRC_SET_SEND_CARRIER LIRC_SET_REC_CARRIER LIRC_SET_SEND_DUTY_CYCLE LIRC_SET_TRANSMITTER_MASK LIRC_SET_REC_TIMEOUT LIRC_SET_REC_TIMEOUT_REPORTS LIRC_SET_MEASURE_CARRIER_MODE LIRC_SET_REC_CARRIER_RANGE LIRC_SET_WIDEBAND_RECEIVER LIRC_GET_REC_TIMEOUT",
        () => [0, 2, 8, 0xffffffff].map((n) => struct().u32(n).done()),
      );
    },
  ],
  [
    "trusted execution",
    (s) => {
      const parameter = (attribute: number) => struct().u64(attribute, 0x1000, 20, 3).done();
      const parameters = [0, 1, 2, 5, 6, 0x101, 77].map(parameter);
      const buffers = (head: Buffer) =>
        [0, 3, 7].flatMap((n) => {
          const bytes = Buffer.concat([
            head.subarray(0, head.length - 4),
            struct().u32(n).done(),
            ...parameters.slice(0, n),
          ]);
          const at = s.at(bytes);
          return [
            struct().u64(at, bytes.length).done(),
            struct().u64(bytes.length, at).done(),
            struct()
              .u64(bytes.length - 1, at)
              .done(),
          ];
        });
      const open = (login: number) =>
        struct().raw(recognisable(16)).raw(recognisable(16, 5)).u32(login, 9, 77, 0xffff0008, 3, 0).done();
      family(s, "TEE_IOC_OPEN_SESSION", () => [0, 1, 2, 4, 5, 6, 9].flatMap((l) => buffers(open(l))));
      family(s, "TEE_IOC_INVOKE", () => buffers(struct().u32(5, 77, 9, 1, 4, 0).done()));
      family(s, "TEE_IOC_SUPPL_RECV TEE_IOC_SUPPL_SEND", () => buffers(struct().u32(5, 0).done()));
      family(
        s,
        "TEE_IOC_VERSION TEE_IOC_CANCEL TEE_IOC_CLOSE_SESSION TEE_IOC_SHM_ALLOC TEE_IOC_SHM_REGISTER",
        () => [
          struct().u32(1, 1, 3).pad(24).done(),
          struct().u32(2, 1, 3).pad(24).done(),
          struct().u64(0x1000, 0x2000).u32(3, 5).done(),
        ],
      );
      s.call(IOCTL, -1, numbers.get("TEE_IOC_INVOKE")!, s.at(struct().u64(3, 64).done()));
    },
  ],
  [
    "flash",
    (s) => {
      family(
        s,
        "MEMERASE MEMLOCK MEMUNLOCK MEMISLOCKED MEMERASE64 MEMWRITEOOB MEMREADOOB MEMWRITEOOB64 MEMREADOOB64 MEMWRITE OTPGETREGIONINFO OTPLOCK OTPSELECT MTDFILEMODE MEMGETBADBLOCK MEMSETBADBLOCK MEMGETINFO MEMGETOOBSEL ECCGETLAYOUT ECCGETSTATS OTPGETREGIONCOUNT MEMGETREGIONCOUNT MEMGETREGIONINFO",
        () => [struct().u32(1, 0x3c00).done(), new Uint8Array(400) as Buffer],
      );
      const volume = (length: number) =>
        struct().u32(1, 2).u64(4096).u8(3, 1).u16(length).pad(24).text("volume", 128).pad(152).done();
      const rename = (count: number) => {
        const all = struct().u32(count).pad(16);
        for (let i = 0; i < 32; i++)
          all
            .u32(i)
            .u16(i * 9, 0)
            .text(`volume ${i}`, 128);
        return all.done();
      };
      family(s, "UBI_IOCMKVOL", () => [0, 3, 6, 127, 128, -1].map(volume));
      family(s, "UBI_IOCRNVOL", () => [0, 1, 5, 32, 33, -1].map(rename));
      family(
        s,
        "UBI_IOCATT UBI_IOCEBCH UBI_IOCEBMAP UBI_IOCRSVOL UBI_IOCSETVOLPROP UBI_IOCVOLUP UBI_IOCDET UBI_IOCVOLCRBLK",
        () => [struct().u32(1, 2, 3, 4, 5).done(), struct().u32(1).pad(8).u64(5).done()],
      );
    },
  ],
  [
    "clocks",
    (s) => {
      const time = (second: number) => struct().u64(second).u32(5, 0).done();
      const request = (flags: number) =>
        struct().raw(time(1700000000)).raw(time(2)).u32(7, flags).raw(time(9)).done();
      const samples = (n: number) => {
        const all = struct().u32(n, 0, 0, 0);
        for (let i = 0; i < 75; i++) all.raw(time(1700000000 + i));
        return all.done();
      };
      family(
        s,
        "PTP_CLOCK_GETCAPS PTP_CLOCK_GETCAPS2 PTP_EXTTS_REQUEST PTP_EXTTS_REQUEST2 PTP_PEROUT_REQUEST PTP_PEROUT_REQUEST2 PTP_ENABLE_PPS PTP_ENABLE_PPS2 PTP_SYS_OFFSET PTP_SYS_OFFSET2 PTP_PIN_GETFUNC PTP_PIN_GETFUNC2 PTP_PIN_SETFUNC PTP_PIN_SETFUNC2 PTP_SYS_OFFSET_PRECISE PTP_SYS_OFFSET_PRECISE2 PTP_SYS_OFFSET_EXTENDED PTP_SYS_OFFSET_EXTENDED2",
        () => [
          ...[0, 1, 2, 4, 6].map(request),
          ...[0, 1, 3, 25, 26].map(samples),
          new Uint8Array(1300) as Buffer,
        ],
      );
      family(
        s,
        "RTC_ALM_SET RTC_ALM_READ RTC_RD_TIME RTC_SET_TIME RTC_IRQP_READ RTC_IRQP_SET RTC_WKALM_RD RTC_WKALM_SET RTC_PLL_GET RTC_PLL_SET RTC_VL_READ RTC_VL_CLR RTC_PARAM_GET RTC_PARAM_SET WDIOC_GETSTATUS WDIOC_SETTIMEOUT WDIOC_KEEPALIVE RNDGETENTCNT RNDADDENTROPY",
        () => [struct().u32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).done()],
      );
    },
  ],
  [
    "console",
    (s) => {
      family(
        s,
        "KDGETLED KDSETLED KDGKBTYPE KDSETMODE KDGETMODE KDGKBMODE KDSKBMODE KDGKBMETA KDSKBMETA KDGKBLED KDSIGACCEPT KDSETKEYCODE KDKBDREP GIO_SCRNMAP PIO_SCRNMAP GIO_FONT PIO_FONT GIO_CMAP PIO_CMAP PIO_UNIMAPCLR KIOCSOUND KDMKTONE",
        () => [struct().u32(1, 2, 3).done()],
      );
      for (const n of [0, 1, 2, 4, 440, 0x640001, 0x1000000, 2000000])
        for (const name of ["KIOCSOUND", "KDMKTONE", "KDSKBMODE", "KDSETMODE"])
          s.call(IOCTL, -1, numbers.get(name)!, n);
    },
  ],
  [
    "btrfs",
    (s) => {
      const commands = [...numbers.keys()].filter((name) => name.startsWith("BTRFS_IOC_"));
      const path = s.at(Buffer.concat([struct().u32(1, 2, 1, 3).u64(8).done(), Buffer.from("a/path\0")]));
      family(s, commands.join(" "), () => [
        Buffer.alloc(4500),
        struct().u64(7, 4096).pad(48).u64(path).pad(64).done(),
        struct().u64(1).pad(48).u64(path).pad(400).done(),
        struct().u32(5, 0).u64(2, 2).pad(24).u64(path).pad(4096).done(),
        // flags that say what else there is
        struct().u64(7, 0, 0, 0, 7).pad(1200).done(),
      ]);
    },
  ],
];

for (const [name, make] of cases) {
  test(...needs(name, peers), () => {
    const script = new Script();
    make(script);
    const found = differencesOf(script);
    expect(some(found)).toEqual([]);
  });
}
