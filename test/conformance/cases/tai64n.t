Lines
  $ printf 'a\nb\n' | tai64n
  $ printf '' | tai64n
  $ printf '\n\n' | tai64n
  $ printf 'no newline' | tai64n
  $ printf 'a\0b\377\n' | tai64n
  $ printf '@4000000000000000 x\n' | tai64n
  $ perl -e 'print "x" x 100000, "\n"' | tai64n | wc -c
  $ printf 'a\n' | tai64n ignored arguments
  $ seq 1 5000 | tai64n | cut -c27- | cksum

Each line its own stamp, in order, when its first byte is read
  $ (echo a; sleep 0.2; printf b; sleep 0.2; echo c; echo d) | /usr/bin/env tai64n >out; wc -l <out; cut -c1-25 out >stamps; sort -c stamps && echo in order; rm out stamps

Closed ends
  $ tai64n <&-
  $ echo a | tai64n >&-
  $ tai64n </
  $ tai64n >/dev/full </dev/null
  $ echo a | tai64n >/dev/full
