Stamps become local time
  $ printf '@4000000037c219bf2ef02e94 mark\n' | tai64nlocal
  1999-08-24 13:04:05.787492500 mark
  $ printf '@400000000000000a00000000\n' | tai64nlocal
  1970-01-01 09:00:00.000000000
  $ printf '@400000000000000a00000000 a @400000000000000a00000000\n' | tai64nlocal
  1970-01-01 09:00:00.000000000 a @STAMP
  $ TZ=America/New_York; export TZ; printf '@4000000037c219bf2ef02e94 mark\n' | tai64nlocal
  1999-08-24 00:04:05.787492500 mark
  $ TZ=; printf '@4000000065f0000a00000001 x\n' | tai64nlocal
  2024-03-12 07:10:56.000000001 x
  $ TZ=:Europe/Berlin; printf '@4000000065f0000a3b9ac9ff x\n' | tai64nlocal
  2024-03-12 08:10:56.999999999 x
  $ TZ=XYZ-3:30; printf '@4000000065f0000a3b9ac9ff x\n' | tai64nlocal
  2024-03-12 10:40:56.999999999 x

What has none passes
  $ printf 'plain\n\n  @4000000037c219bf2ef02e94\n' | tai64nlocal
  plain
  
    @STAMP
  $ printf '' | tai64nlocal
  $ printf 'no newline' | tai64nlocal
  no newline (no-eol)
  $ printf 'a\0b\377\n' | tai64nlocal
  a\x00b\xff
  $ printf '@' | tai64nlocal
  ~ the original loses what it holds back at the end of input
  @ (no-eol)
  $ printf '@\n' | tai64nlocal
  ! Segmentation fault
  [139]
  ~ the original crashes; what is no stamp passes unchanged
  @
  $ printf 'x@4000000037c219bf2ef02e94\n' | tai64nlocal
  x@STAMP

Stamps without what follows, uppercase, in pieces
  $ printf '@4000000037c219bf2ef02e94' | tai64nlocal
  ~ the original loses what it holds back at the end of input
  1999-08-24 13:04:05.787492500 (no-eol)
  $ printf '@4000000037c219bf2ef02e94x\n' | tai64nlocal
  1999-08-24 13:04:05.787492500x
  $ (printf '@4000000037c2'; sleep 0.2; printf '19bf2ef02e94 in two pieces\n') | tai64nlocal
  1999-08-24 13:04:05.787492500 in two pieces
  $ seq 1 3000 | sed 's/^/@4000000037c219bf2ef02e94 /' | tai64nlocal | cksum
  337960494 103893

Dates near the edges
  $ printf '@400000007fffffff00000000 a\n' | tai64nlocal
  2038-01-19 12:13:57.000000000 a
  $ printf '@400000000000000900000000 a\n' | tai64nlocal
  1970-01-01 08:59:59.000000000 a
  $ printf '@400000010000000a00000000 a\n' | tai64nlocal
  2106-02-07 15:28:16.000000000 a

Closed ends
  $ tai64nlocal <&-
  [111]
  ~ ours says what failed
  ! tai64nlocal: fatal: unable to read: file descriptor not open
  [111]
  $ echo a | tai64nlocal >&-
  [111]
  ~ ours says what failed
  ! tai64nlocal: fatal: unable to write: file descriptor not open
  [111]
  $ tai64nlocal </
  [111]
  ~ ours says what failed
  ! tai64nlocal: fatal: unable to read: is a directory
  [111]
  $ echo a | tai64nlocal >/dev/full
  [111]
  ~ ours says what failed
  ! tai64nlocal: fatal: unable to write: out of disk space
  [111]

Stamps that are hardly any
  $ printf '@ffffffffffffffffffffffff x\n' | tai64nlocal
  ! Segmentation fault
  [139]
  ~ the original crashes; what is no stamp passes unchanged
  @ffffffffffffffffffffffff x
  $ printf 'a\n@4000000037c219bf2ef02e94@4000000037c219bf2ef02e94\n' | tai64nlocal
  a
  1999-08-24 13:04:05.787492500@STAMP
  $ printf '@4000000037c219bf2EF02E94 x\n' | tai64nlocal
  ! Segmentation fault
  [139]
  ~ the original crashes; what is no stamp passes unchanged
  @4000000037c219bf2EF02E94 x
  $ printf '@4000000037c219bf00000000\n@4000000037c219bfffffffff\n' | tai64nlocal
  1999-08-24 13:04:05.000000000
  1999-08-24 13:04:05.4294967295
