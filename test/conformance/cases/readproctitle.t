Too little room
  $ readproctitle
  $ readproctitle ''
  $ readproctitle abcd
  $ readproctitle service errors: abcd

Room, and the end of input
  $ readproctitle abcde </dev/null
  $ echo hello | readproctitle a b ..........

What ps shows
  $ title() { mkfifo in; readproctitle "$@" <in & p=$!; exec 9>in; sleep 0.5; }
  $ shown() { until_ "[ -n \"\$(readlink /proc/$p/fd/0)\" ]"; sleep 0.5; perl -0ne 'push @a, $_; END { chomp; $_ = $a[-1]; s/\0//; s/([^ -~])/sprintf "\\x%02x", ord $1/ge; print "$_\n" }' /proc/$p/cmdline; }
  $ title service errors: ....................
  $ shown
  $ printf 'short' >&9; shown
  $ printf 'abcdefghijklmnopqrstuvwxyz' >&9; shown
  $ printf '\0\0nul' >&9; shown
  $ printf 'line\nnext\t\377' >&9; shown
  $ exec 9>&-; wait $p
