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

Names and patterns of bytes that are no text
  $ d=$(printf './l\377g'); printf 'a\n\377b\nc\n' | multilog '-*' "$(printf '+\377*')" "$d"; cat "$d/current"
  \xffb
  $ printf 'x\n' | multilog "$(printf '=st\377')"; head -1 st?
  x
  $ printf 'x\n' | multilog "$(printf '=no\377/st')"
  ! multilog: fatal: unable to create no\xff/st: file does not exist
  [111]
  $ perl -e 'print "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" x 200' | multilog s4096 "$(printf '!tr x "\377" | head -c 3')" ./m; head -c 3 $(ls m/@* | head -1)
  \xff\xff\xff (no-eol)
  $ w=$(printf 'w\376'); mkdir "$w"; cd "$w"; echo x | multilog ./main; cat main/current
  x

Old files with any names are counted, and the first of them go
  $ mkdir m; d=$(printf 'm/@4000000000000000000000000.\303\251'); : >"$d"; : >"$(printf 'm/@4000000000000000000000000.\377')"; : >m/@short
  $ perl -e 'print "x" x 39, "\n" for 1 .. 300' | multilog s4096 n2 ./m; ls m | grep -c ^@; ls m | grep -a 000.
  2
  @STAMP.s

A limit on the size of files ends it, and the next one begins another
  $ (softlimit -f 1024 sh -c 'perl -e "print q(x) x 5000" | multilog ./m'; echo $?) 2>/dev/null; wc -c <m/current
  153
  1024
  $ echo next | multilog ./m; cat m/current; ls m | grep -c ^@
  next
  1

Input that cannot be read is at its end
  $ multilog ./main <&-; ls main
  current
  lock
  state
  $ multilog ./main </; ls main
  current
  lock
  state

Directories of all spellings
  $ echo x | multilog .; cat current; ls; rm current lock state
  x
  current
  lock
  state
  $ mkdir sub; cd sub; echo x | multilog ..; cd ..; cat current; rm current lock state
  x
  $ mkdir .a; echo x | multilog .a/b; cat .a/b/current
  x
  $ mkdir d; echo x | multilog "$PWD/d//e/"; cat d/e/current; ln -s d/e link; echo y | multilog ./link; cat d/e/current
  x
  x
  y
  $ echo x | multilog ./m ./m
  ! multilog: fatal: unable to lock directory ./m: temporary failure
  [111]
  $ mkdir n; ln -s nowhere n/current; echo x | multilog ./n; cat n/nowhere
  x

Status files that are none
  $ printf 'x\n' | multilog =
  ! multilog: fatal: unable to create : file does not exist
  [111]
  $ mkdir d; printf 'x\n' | multilog =d
  ! multilog: fatal: unable to create d: is a directory
  [111]
  $ printf 'x\n' | multilog =d/
  ! multilog: fatal: unable to create d/: is a directory
  [111]
  $ ln -s loop loop; printf 'x\n' | multilog =loop
  ! multilog: fatal: unable to create loop: symbolic link loop
  [111]
  $ printf 'x\n' | multilog '=a' '=b' '-*' '=c'; wc -c a b c | sort -k2
  1001 a
  1001 b
     0 c
  2002 total

Standard error that is closed or full loses alerts, and nothing else
  $ printf 'x\n' | multilog e ./main 2>&-; printf 'y\n' | multilog e ./main 2>/dev/full; cat main/current
  x
  y

Numbers that do not fit wrap as the original's do
  $ perl -e 'print "x" x 79, "\n" for 1 .. 200' >in; multilog s18446744073709551617 n18446744073709551619 ./a <in; ls a | sed 's/^@.*\./@./'; rm in
  @.s
  @.s
  current
  lock
  state

Long lines, NULs and empty lines in all logs alike
  $ perl -e 'print "\n" x 3, "a\0b\n", "y" x 70000, "\n", "\0" x 2000, "z\n", "last"' | multilog ./a s5000 n1000 ./b t ./c; cksum <a/current; cat b/@* b/current | tr -d '\n' | cksum
  2587980899 72015
  1338163617 72008
  $ perl -e 'print "a" x 999, "\n", "b" x 1000, "\n", "c" x 1001, "\n"' | multilog '-b*' e ./a 2>&1 | cut -c1-3; wc -lc <a/current
  aaa
  ccc
      9 74017

ALRM with an empty file leaves it
  $ mkfifo in; multilog ./main <in & p=$!; exec 9>in; until_ test -e main/state; sleep 0.3; kill -ALRM $p; sleep 0.3; echo one >&9; exec 9>&-; wait $p; ls main; rm in
  current
  lock
  state

TERM between lines ends it at once
  $ mkfifo in; multilog ./main <in & p=$!; exec 9>in; echo one >&9; until_ grep -q one main/current; sleep 0.3; kill -TERM $p; wait $p; echo $?; cat main/current; exec 9>&-; rm in
  0
  one
