No action, unknown actions, no input
  $ multilog </dev/null
  $ echo x | multilog; echo x | multilog q zzz ''; ls
  $ multilog ./main </dev/null; ls main; stat -c '%a %s %n' main main/*
  current
  lock
  state
  700 4096 main
  744 0 main/current
  600 0 main/lock
  644 0 main/state

Patterns: stars stop at the next character of the pattern
  $ lines() { printf 'alpha\nbeta gamma\nfatal: disk\nnamed[135]: Cleaned cache of 3121 RRs\n\n*\n+x\n'; }
  $ lines | multilog ./all; cat all/current
  alpha
  beta gamma
  fatal: disk
  named[135]: Cleaned cache of 3121 RRs
  
  *
  +x
  $ lines | multilog '-*' '+fatal: *' ./a; cat a/current
  fatal: disk
  $ lines | multilog '-named[*]: Cleaned cache *' ./b; cat b/current
  alpha
  beta gamma
  fatal: disk
  
  *
  +x
  $ lines | multilog '-*' '+alpha' '+beta' ./c; cat c/current
  alpha
  $ lines | multilog '-' ./d; cat d/current
  alpha
  beta gamma
  fatal: disk
  named[135]: Cleaned cache of 3121 RRs
  *
  +x
  $ lines | multilog '-*' '+*a*' ./e; cat e/current
  alpha
  beta gamma
  fatal: disk
  named[135]: Cleaned cache of 3121 RRs
  $ lines | multilog '-*' '+**' ./f; cat f/current
  *
  $ lines | multilog '-+*' '+*g*' '-*' '++*' ./g; cat g/current
  +x
  $ lines | multilog + - ./h '-*' ./i '+*' ./j; for d in h i j; do wc -l <$d/current; done
  6
  0
  7

Only the first 1000 bytes are looked at
  $ perl -e 'print "x" x 999, "y\n", "x" x 1000, "y\n", "x" x 1001, "z\n"' | multilog '-*' '+x*y' ./a '-*' '+x*' ./b; wc -lc <a/current; wc -lc <b/current
     1 1001
     3 3006

A line without an end gets one; bytes of all kinds pass
  $ printf 'one\ntwo' | multilog ./main; cat main/current
  one
  two
  $ perl -e 'print map { chr } 0 .. 255' | multilog ./bytes; cksum <bytes/current
  4253618615 257

Alerts: the first 200 bytes, and three dots for the rest
  $ printf 'short\n' | multilog e
  ! short
  $ perl -e 'print "x" x 200, "\n", "y" x 201, "\n", "z" x 5000, "\n"' | multilog e 2>&1 | awk '{ print length, substr($0, length - 3) }'
  200 xxxx
  203 y...
  203 z...
  $ printf 'a\nb\n' | multilog '-*' '+b' e
  ! b
  $ printf 'no end' | multilog e
  ! no end
  $ printf 'stamped\n' | multilog t e
  ! @STAMP stamped

Status files: 1001 bytes, padded with newlines, in place
  $ printf 'first\nsecond\n' | multilog '=status'; wc -c <status; head -1 status; stat -c %a status
  1001
  second
  600
  $ printf 'x\n' >status; ln status other; printf 'third\n' | multilog '=status'; head -1 other
  third
  $ perl -e 'print "x" x 3000, "\n"' | multilog '=status'; wc -cl <status
     1 1001
  $ printf 'STAT a\nother\nSTAT b\nlast\n' | multilog '-*' '+STAT*' '=s2'; head -1 s2
  STAT b
  $ printf 'x\n' | multilog '=no/dir/status'
  ! multilog: fatal: unable to create no/dir/status: file does not exist
  [111]

Stamps, and patterns behind them
  $ printf 'fatal: a\nok: b\n' | multilog t '-*' '+@* fatal: *' ./main; cat main/current
  @STAMP fatal: a
  $ printf 'x\n' | multilog ./a t ./b; cat a/current b/current
  x
  x
  $ printf 'x\n' | multilog tt ./c; cat c/current
  @STAMP x

Sizes and numbers of files
  $ perl -e 'printf "line %05d %s\n", $_, "x" x 80 for 1 .. 1000' >in
  $ multilog s4096 n3 ./a <in; ls a | sed 's/^@.*\./@./'; tail -1 a/current | cut -c1-10
  @.s
  @.s
  current
  lock
  state
  $ multilog s4096 n2 ./b <in; ls b | sed 's/^@.*\./@./'
  @.s
  current
  lock
  state
  $ multilog s4096 n1 ./c <in; ls c | sed 's/^@.*\./@./'
  @.s
  current
  lock
  state
  $ multilog s4096 n0 ./d <in; ls d | sed 's/^@.*\./@./'
  @.s
  current
  lock
  state
  $ multilog s1 n1000 ./e <in; ls e | wc -l; cat e/@* e/current | cmp - in
  42
  $ multilog s99999999 ./f <in; ls f; cmp f/current in
  current
  lock
  state
  $ multilog sx nx ./g <in; ls g | sed 's/^@.*\./@./'
  @.s
  current
  lock
  state
  $ multilog s8192 n4 ./h s4096 n2 ./i <in; ls h i | sed 's/^@.*\./@./'
  h:
  @.s
  @.s
  @.s
  current
  lock
  state
  
  i:
  @.s
  current
  lock
  state
  $ stat -c %a a/@* a/current | sort -u; rm -r in a b c d e f g h i
  744

Processors: what they print is the old file
  $ perl -e 'printf "line %05d %s\n", $_, "x" x 80 for 1 .. 100' | multilog s4096 n10 '!tr a-z A-Z' ./a; cat a/@* | head -1 | cut -c1-10; ls a | sed 's/^@.*\./@./' | sort -u
  LINE 00001
  @.s
  current
  lock
  state
  $ perl -e 'printf "line %05d %s\n", $_, "x" x 80 for 1 .. 100' | multilog s4096 n10 '!cat >/dev/null; read n <&4; echo $((n + 1)) >&5; echo $n' ./b; cat b/state; cat b/@*; rm -r a b
  4
  
  1
  2
  3

Directories: slash and dot, made with mode 700, one level
  $ echo x | multilog "$PWD/abs"; stat -c %a abs; cat abs/current
  700
  x
  $ echo x | multilog ./no/such
  ! multilog: fatal: unable to open directory ./no/such: file does not exist
  [111]
  $ touch file; echo x | multilog ./file
  ! multilog: fatal: unable to open directory ./file: not a directory
  [111]
  $ ln -s loop loop; echo x | multilog ./loop
  ! multilog: fatal: unable to open directory ./loop: symbolic link loop
  [111]
  $ mkdir -p d/current; echo x | multilog ./d
  ! multilog: fatal: unable to append to ./d/current: is a directory
  [111]
  $ mkdir locked; setlock locked/lock sh -c 'echo x | multilog ./locked'
  ! multilog: fatal: unable to lock directory ./locked: temporary failure
  [111]
  $ mkdir closed; chmod 700 closed; echo x | as_nobody multilog ./closed/
  ! multilog: fatal: unable to open directory ./closed/: access denied
  [111]
  $ mkdir ro; chmod 755 ro; echo x | as_nobody multilog ./ro
  ! multilog: fatal: unable to lock directory ./ro: access denied
  [111]

What the last run left: current that was ended well goes on, another becomes an old file
  $ echo one | multilog ./a; echo two | multilog ./a; cat a/current; ls a
  one
  two
  current
  lock
  state
  $ mkdir b; echo crashed >b/current; chmod 644 b/current; echo new | multilog ./b; cat b/current; ls b | sed 's/^@.*\./@./'; cat b/@*.u
  new
  @.u
  current
  lock
  state
  crashed
  $ mkdir c; echo whole >c/processed; chmod 744 c/processed; echo old >c/previous; echo new | multilog ./c; ls c | sed 's/^@.*\./@./'; cat c/@*.s
  @.s
  current
  lock
  state
  whole
  $ mkdir d; echo part >d/processed; chmod 644 d/processed; echo old >d/previous; echo new | multilog ./d; ls d | sed 's/^@.*\./@./'; cat d/@*.u
  @.u
  current
  lock
  state
  old

TERM: to the next newline, and what follows stays on standard input
  $ mkfifo in; (multilog ./main; echo status $?; cat) <in >out & exec 9>in; printf 'whole\nhalf' >&9; until_ 'grep -q whole main/current'
  $ sleep 0.3; kill -TERM $(perl -e 'for (glob "/proc/[0-9]*") { open F, "<", "$_/environ" or next; local $/; next if index(<F>, "CASE=$ENV{CASE}") < 0; open C, "<", "$_/cmdline" or next; my $c = <C>; print $1 if $c =~ /multilog\0\.\/main/ && m,(\d+)$, }')
  $ sleep 0.3; printf ' done\nrest\n' >&9; exec 9>&-; wait; cat out main/current; stat -c %a main/current; rm in out
  status 0
  rest
  whole
  half done
  744

ALRM: new files now
  $ mkfifo in; multilog ./main <in & p=$!; exec 9>in; echo one >&9; until_ 'grep -q one main/current'; kill -ALRM $p; until_ 'ls main/@*.s'; echo two >&9; exec 9>&-; wait $p; cat main/@*.s; cat main/current; rm in
  one
  two

A disk without room: it waits, and loses nothing
Needs: mounts
  $ mkdir m; mount -t tmpfs -o size=40k none m
  $ perl -e 'printf "line %05d %s\n", $_, "x" x 80 for 1 .. 600' >in; (multilog s16777215 ./m/log 2>err <in; echo $? >status) & until_ test -s err
  $ sort -u err; mount -o remount,size=1m m; until_ test -s status; cat status; cmp m/log/current in; umount m; rmdir m; rm in err status
  multilog: warning: unable to write to ./m/log/current, pausing: out of disk space
  0
