Stamps become local time
  $ printf '@4000000037c219bf2ef02e94 mark\n' | tai64nlocal
  $ printf '@400000000000000a00000000\n' | tai64nlocal
  $ printf '@400000000000000a00000000 a @400000000000000a00000000\n' | tai64nlocal
  $ TZ=America/New_York; export TZ; printf '@4000000037c219bf2ef02e94 mark\n' | tai64nlocal
  $ TZ=; printf '@4000000065f0000a00000001 x\n' | tai64nlocal
  $ TZ=:Europe/Berlin; printf '@4000000065f0000a3b9ac9ff x\n' | tai64nlocal
  $ TZ=XYZ-3:30; printf '@4000000065f0000a3b9ac9ff x\n' | tai64nlocal

What has none passes
  $ printf 'plain\n\n  @4000000037c219bf2ef02e94\n' | tai64nlocal
  $ printf '' | tai64nlocal
  $ printf 'no newline' | tai64nlocal
  $ printf 'a\0b\377\n' | tai64nlocal
  $ printf '@' | tai64nlocal
  $ printf '@\n' | tai64nlocal
  $ printf 'x@4000000037c219bf2ef02e94\n' | tai64nlocal

Stamps without what follows, uppercase, in pieces
  $ printf '@4000000037c219bf2ef02e94' | tai64nlocal
  $ printf '@4000000037c219bf2ef02e94x\n' | tai64nlocal
  $ (printf '@4000000037c2'; sleep 0.2; printf '19bf2ef02e94 in two pieces\n') | tai64nlocal
  $ seq 1 3000 | sed 's/^/@4000000037c219bf2ef02e94 /' | tai64nlocal | cksum

Dates near the edges
  $ printf '@400000007fffffff00000000 a\n' | tai64nlocal
  $ printf '@400000000000000900000000 a\n' | tai64nlocal
  $ printf '@400000010000000a00000000 a\n' | tai64nlocal

Closed ends
  $ tai64nlocal <&-
  $ echo a | tai64nlocal >&-
  $ tai64nlocal </
  $ echo a | tai64nlocal >/dev/full
