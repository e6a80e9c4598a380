/** Commands of video devices, beside strace. */
import { expect, test } from "vitest";
import { Script } from "../differential/calls.ts";
import { family } from "../differential/ioctl.ts";
import { differencesOf, recognisable, type Seen, struct } from "../differential/structs.ts";
import { lacks, needs } from "../helpers.ts";

const peers = lacks("strace", "gcc");
const some = (found: readonly Seen[]) => found.slice(0, Number(process.env.SHOW ?? 5));

const cases: readonly (readonly [string, (script: Script) => void])[] = [
  [
    "video formats",
    (s) => {
      const pixels = struct().u32(640, 480).text("YUYV").u32(1, 1280, 614400, 8, 0).pad(200).done();
      const rect = struct().u32(0xfffffffe, 5, 320, 240).done();
      const clips = s.at(struct().raw(rect).u64(0).raw(rect).u64(0).done());
      const formats: Buffer[] = [];
      for (let type = 0; type < 16; type++) {
        formats.push(struct().u32(type).pad(8).raw(pixels).done());
        formats.push(struct().u32(type).pad(8).raw(recognisable(200)).done());
      }
      for (const count of [0, 2, 8, 9])
        formats.push(
          struct()
            .u32(9)
            .pad(8)
            .u32(640, 480)
            .text("NV12")
            .u32(1, 8)
            .raw(recognisable(160))
            .u8(count, 0)
            .pad(208)
            .done(),
        );
      for (const [p, count] of [
        [clips, 2],
        [clips, 0],
        [0, 2],
        [0, 0],
        [3, 1],
      ])
        formats.push(
          struct()
            .u32(3)
            .pad(8)
            .raw(rect)
            .u32(1, 0xff)
            .u64(p)
            .u32(count, 0)
            .u64(0x1234)
            .u8(count)
            .pad(208)
            .done(),
        );
      formats.push(struct().u32(11).pad(8).text("CU08").u32(0).pad(208).done());
      formats.push(struct().u32(13).pad(8).text("UVCH").u32(10).pad(208).done());
      family(s, "VIDIOC_G_FMT VIDIOC_S_FMT VIDIOC_TRY_FMT", () => formats);
      family(s, "VIDIOC_CREATE_BUFS", () =>
        formats.map((f) => struct().u32(3, 4, 1).pad(16).raw(f).pad(256).done()),
      );
    },
  ],
  [
    "video devices",
    (s) => {
      const text = (value: string, room: number) => struct().text(value, room).done();
      const strings = s.at(Buffer.from("value of a control"));
      const control = (id: number, size: number) =>
        struct()
          .u32(id, size, 0)
          .u64(size ? strings : 0xfffffff0)
          .done();
      const controls = (count: number, p: number) => struct().u32(0x980000, count, 5, 0, 0, 0).u64(p).done();
      const two = s.at(Buffer.concat([control(0x980900, 0), control(0x980901, 5), control(0x123, 200)]));
      family(s, "VIDIOC_QUERYCAP", () => [
        struct()
          .text("uvcvideo", 16)
          .text("a card", 32)
          .text("usb-1", 32)
          .u32(0x060112, 0x85200001, 0x04200001)
          .pad(104)
          .done(),
        struct().text("d".repeat(16)).text("c".repeat(32)).text("", 32).u32(0, 0, 0).pad(104).done(),
      ]);
      family(s, "VIDIOC_ENUM_FMT", () => [
        struct().u32(1, 1, 3).text("YUYV 4:2:2", 32).text("YUYV").pad(64).done(),
        struct().u32(1, 77, 0x8000).text("none", 32).u8(1, 0x27, 0x5c, 0xff).pad(64).done(),
      ]);
      family(s, "VIDIOC_REQBUFS", () => [
        struct().u32(4, 1, 1).pad(20).done(),
        struct().u32(4, 99, 9).pad(20).done(),
      ]);
      family(s, "VIDIOC_QUERYBUF VIDIOC_QBUF VIDIOC_DQBUF", () =>
        [1, 2, 3, 4, 9].flatMap((memory) =>
          [0, 0x12007, 0x80014001, 0x76000].map((flags) =>
            struct()
              .u32(2, 1, 100, flags, 1)
              .pad(24)
              .u64(1700000000, 5)
              .pad(56)
              .u32(6, memory)
              .u64(0x1000)
              .u32(4096, 0, 0)
              .pad(88)
              .done(),
          ),
        ),
      );
      family(
        s,
        "VIDIOC_G_FBUF VIDIOC_S_FBUF VIDIOC_STREAMON VIDIOC_STREAMOFF VIDIOC_G_STD VIDIOC_S_STD VIDIOC_G_INPUT VIDIOC_S_INPUT",
        () => [struct().u32(1, 2).u64(0x3000).pad(48).done()],
      );
      family(s, "VIDIOC_G_PARM VIDIOC_S_PARM", () =>
        [0, 1, 2, 3].map((type) => struct().u32(type, 0x1000, 1, 1, 30, 5, 6).pad(204).done()),
      );
      family(s, "VIDIOC_ENUMSTD VIDIOC_ENUMINPUT", () => [
        struct().u32(1).pad(8).u64(0x1000).raw(text("PAL", 24)).u32(1, 25, 625).pad(80).done(),
        struct().u32(1).raw(text("Camera", 32)).u32(2).pad(80).done(),
      ]);
      family(s, "VIDIOC_G_CTRL VIDIOC_S_CTRL", () =>
        [0x980900, 0x980000, 0x98ffff, 0x990a01, 0x9fffff, 5, 0x80980900].map((id) =>
          struct().u32(id, -5).done(),
        ),
      );
      family(s, "VIDIOC_G_TUNER VIDIOC_S_TUNER", () => [
        struct().u32(1).raw(text("tuner", 32)).u32(2, 0x51, 100, 200, 3, 4, 5, 6).pad(84).done(),
      ]);
      family(s, "VIDIOC_QUERYCTRL", () =>
        [0x980900, 0xc0980900, 0x80000000, 0x40000005].map((id) =>
          struct().u32(id, 1).raw(text("Brightness", 32)).u32(-1, 255, 1, 128, 0x21, 0, 0).done(),
        ),
      );
      family(s, "VIDIOC_QUERY_EXT_CTRL", () =>
        [0, 1, 4, 5].map((n) =>
          struct()
            .u32(0x80980900, 2)
            .raw(text("Extended", 32))
            .u64(-1n, 255, 1, 128)
            .u32(0x21, 4, 6, n, 1, 2, 3, 4, 0)
            .pad(232)
            .done(),
        ),
      );
      family(s, "VIDIOC_CROPCAP VIDIOC_G_CROP VIDIOC_S_CROP", () => [
        struct().u32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).done(),
      ]);
      family(s, "VIDIOC_G_EXT_CTRLS VIDIOC_S_EXT_CTRLS VIDIOC_TRY_EXT_CTRLS", () => [
        controls(0, two),
        controls(3, two),
        controls(1, 0),
        controls(1, 3),
        controls(500, two),
      ]);
      family(s, "VIDIOC_ENUM_FRAMESIZES VIDIOC_ENUM_FRAMEINTERVALS", () =>
        [1, 2, 3, 4].flatMap((type) => [
          struct().u32(1).text("YUYV").u32(type, 640, 480, 16, 2, 3, 4).pad(52).done(),
          struct().u32(1).text("YUYV").u32(640, 480, type, 1, 30, 2, 25, 3, 24).pad(52).done(),
        ]),
      );
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
