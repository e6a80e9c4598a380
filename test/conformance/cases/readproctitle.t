Too little room
  $ readproctitle
  [100]
  $ readproctitle ''
  [100]
  $ readproctitle abcd
  [100]
  $ readproctitle service errors: abcd
  [100]

Room, and the end of input
  $ readproctitle abcde </dev/null
  $ echo hello | readproctitle a b ..........

What ps shows
  $ title() { mkfifo in; readproctitle "$@" <in & p=$!; exec 9>in; sleep 0.5; }
  $ shown() { until_ "[ -n \"\$(readlink /proc/$p/fd/0)\" ]"; sleep 0.5; perl -0ne 'push @a, $_; END { chomp; $_ = $a[-1]; s/\0//; s/([^ -~])/sprintf "\\x%02x", ord $1/ge; print "$_\n" }' /proc/$p/cmdline; }
  $ title service errors: ....................
  $ shown
  ....................
  $ printf 'short' >&9; shown
  ...............short
  $ printf 'abcdefghijklmnopqrstuvwxyz' >&9; shown
  ...jklmnopqrstuvwxyz
  $ printf '\0\0nul' >&9; shown
  ...mnopqrstuvwxyznul
  $ printf 'line\nnext\t\377' >&9; shown
  ...xyznulline\x0anext\x09\xff
  $ exec 9>&-; wait $p

Input that cannot be read
  $ readproctitle abcdefgh </
  [111]
  $ readproctitle abcdefgh <&-
  [111]
