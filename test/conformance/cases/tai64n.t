Lines
  $ printf 'a\nb\n' | tai64n
  @STAMP a
  @STAMP b
  $ printf '' | tai64n
  $ printf '\n\n' | tai64n
  @STAMP 
  @STAMP 
  $ printf 'no newline' | tai64n
  @STAMP no newline (no-eol)
  $ printf 'a\0b\377\n' | tai64n
  @STAMP a\x00b\xff
  $ printf '@4000000000000000 x\n' | tai64n
  @STAMP @4000000000000000 x
  $ perl -e 'print "x" x 100000, "\n"' | tai64n | wc -c
  100027
  $ printf 'a\n' | tai64n ignored arguments
  @STAMP a
  $ seq 1 5000 | tai64n | cut -c27- | cksum
  1163661111 23893

Each line its own stamp, in order, when its first byte is read
  $ (echo a; sleep 0.2; printf b; sleep 0.2; echo c; echo d) | /usr/bin/env tai64n >out; wc -l <out; cut -c1-25 out >stamps; sort -c stamps && echo in order; rm out stamps
  3
  in order

Closed ends
  $ tai64n <&-
  [111]
  ~ ours says what failed
  ! tai64n: fatal: unable to read: file descriptor not open
  [111]
  $ echo a | tai64n >&-
  [111]
  ~ ours says what failed
  ! tai64n: fatal: unable to write: file descriptor not open
  [111]
  $ tai64n </
  [111]
  ~ ours says what failed
  ! tai64n: fatal: unable to read: is a directory
  [111]
  $ tai64n >/dev/full </dev/null
  $ echo a | tai64n >/dev/full
  [111]
  ~ ours says what failed
  ! tai64n: fatal: unable to write: out of disk space
  [111]
