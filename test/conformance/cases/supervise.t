Usage
  $ supervise
  ! supervise: usage: supervise dir
  [100]
  $ supervise a b
  ! supervise: usage: supervise dir
  [100]
  $ supervise ''
  ! supervise: fatal: unable to chdir to : file does not exist
  [111]
  $ supervise -x
  ! supervise: fatal: unable to chdir to -x: file does not exist
  [111]

Directories that are none
  $ supervise nodir
  ! supervise: fatal: unable to chdir to nodir: file does not exist
  [111]
  $ touch file; supervise file
  ! supervise: fatal: unable to chdir to file: not a directory
  [111]
  $ ln -s loop loop; supervise loop
  ! supervise: fatal: unable to chdir to loop: symbolic link loop
  [111]
  $ supervise "$(printf 'no\377dir')"
  ! supervise: fatal: unable to chdir to no\xffdir: file does not exist
  [111]

What it cannot make or lock
  $ mkdir s; touch s/supervise; supervise s
  ! supervise: fatal: unable to acquire s/supervise/lock: not a directory
  [111]
  $ rm s/supervise; mkdir -p s/supervise/control; supervise s
  ! supervise: fatal: unable to write s/supervise/control: is a directory
  [111]
  $ rm -r s/supervise/*; mkdir s/supervise/lock; supervise s
  ! supervise: fatal: unable to acquire s/supervise/lock: is a directory
  [111]
  $ rm -r s; mkdir s; ln -s supervise s/supervise; supervise s
  ! supervise: fatal: unable to acquire s/supervise/lock: symbolic link loop
  [111]
  $ mkdir r; as_nobody supervise r
  ! supervise: fatal: unable to acquire r/supervise/lock: file does not exist
  [111]
  $ mkdir -p r/supervise; as_nobody supervise r
  ! supervise: fatal: unable to acquire r/supervise/lock: access denied
  [111]
  $ mkdir c; chmod 700 c; as_nobody supervise c
  ! supervise: fatal: unable to chdir to c: access denied
  [111]
  $ mkdir d; ln -s down d/down; supervise d
  ! supervise: fatal: unable to stat d/down: symbolic link loop
  [111]

A directory in the place of status.new: said, and no matter
  $ service s; mkdir -p s/supervise/status.new; supervise s 2>err & p=$!; until_ grep -q status.new err; sleep 0.2; ends $p; sort -u err; rm err
  supervise: warning: unable to open s/supervise/status.new: is a directory

A supervise that points to where there is nothing: its target is made
  $ mkdir room; service s; ln -s ../room/s s/supervise; supervise s & until_ /usr/bin/svok s; ls room
  s
  $ svc -dx s; wait; stat -c '%a %F' room/s
  700 directory

The files it makes
  $ service s; touch s/down; supervise s & until_ /usr/bin/svok s
  $ (cd s/supervise; stat -c '%a %F %n' . lock control ok status)
  700 directory .
  600 regular empty file lock
  600 fifo control
  600 fifo ok
  644 regular file status
  $ svstat s; svc -x s; wait; svstat s
  s: down N seconds
  s: supervise not running
  $ (cd s/supervise; stat -c '%a %F %n' . lock control ok status)
  700 directory .
  600 regular empty file lock
  600 fifo control
  600 fifo ok
  644 regular file status
  $ wc -c <s/supervise/status
  18
  ~ two bytes more, for runit's sv
  20

One at a time
  $ service s; touch s/down; supervise s & until_ /usr/bin/svok s
  $ supervise s
  ! supervise: fatal: unable to acquire s/supervise/lock: temporary failure
  [111]
  $ setlock -n s/supervise/lock echo not locked
  ! setlock: fatal: unable to lock s/supervise/lock: temporary failure
  [111]
  $ svc -x s; wait; setlock -n s/supervise/lock echo free
  free

A run that is missing, no program, or not executable: said once a second, on and on
  $ failing() { rm -f err; supervise s 2>err & until_ test -s err; svc -dx s; wait; sort -u err; rm err; }
  $ mkdir s; failing
  supervise: fatal: unable to start s/run: file does not exist
  $ service s; chmod 644 s/run; failing
  supervise: fatal: unable to start s/run: access denied
  $ echo no interpreter >s/run; chmod 755 s/run; failing
  supervise: fatal: unable to start s/run: exec format error
  $ rm s/run; mkdir s/run; failing
  supervise: fatal: unable to start s/run: access denied
  $ rmdir s/run; ln -s run s/run; failing
  supervise: fatal: unable to start s/run: symbolic link loop
  $ rm s/run; printf '#!/no/such/shell\n' >s/run; chmod 755 s/run; failing
  supervise: fatal: unable to start s/run: file does not exist
  $ supervise s 2>err & until_ '[ $(grep -c run err) -ge 2 ]'; svc -dx s; wait; rm err

u, d, x
  $ service s; touch s/down; supervise s & until_ /usr/bin/svok s; svstat s
  s: down N seconds
  $ svc -u s; state up s; svstat s
  s: up (pid PID) N seconds, normally down
  $ svc -d s; state down s; svstat s
  s: down N seconds
  $ rm s/down; svstat s; svc -u s; state up s; svstat s
  s: down N seconds, normally up
  s: up (pid PID) N seconds
  $ svc -dx s; wait; svstat s
  s: supervise not running

x while it runs and is wanted: at its end
  $ service s; supervise s & until_ /usr/bin/svok s; state up s; svc -x s; sleep 0.3; svstat s
  s: up (pid PID) N seconds
  $ svc -t s; wait; svstat s
  s: supervise not running

o: once
  $ service s 'echo ran >>log; exit 3'; touch s/down; supervise s & until_ /usr/bin/svok s; svc -o s; until_ test -s s/log; state down s; sleep 1.2; cat s/log; svstat s
  ran
  s: down N seconds
  $ svc -x s; wait

o to a running service: it is not started again
  $ service s; supervise s & until_ /usr/bin/svok s; state up s; svc -o s; svc -t s; state down s; svstat s; svc -x s; wait
  s: down N seconds, normally up

The signals
  $ service s 'exec perl -e '"'"'$| = 1; for my $s (qw(HUP ALRM INT TERM CONT)) { $SIG{$s} = sub { syswrite STDOUT, "$s\n" } } syswrite STDOUT, "ready\n"; sleep 1 while 1'"'"' >>log'; supervise s & until_ grep -q ready s/log
  $ svc -h s; until_ grep -q HUP s/log; svc -a s; until_ grep -q ALRM s/log; svc -i s; until_ grep -q INT s/log; svc -t s; until_ grep -q TERM s/log
  $ svc -p s; until_ 'grep -q "State:.T" /proc/$(pid_of s)/status'; until_ '/usr/bin/svstat s | grep paused'; svstat s
  s: up (pid PID) N seconds, paused
  $ svc -c s; until_ grep -q CONT s/log; until_ '! /usr/bin/svstat s | grep paused'; svstat s
  s: up (pid PID) N seconds
  $ svc -d s; until_ '[ $(grep -c TERM s/log) = 2 ]'; until_ '[ $(grep -c CONT s/log) = 2 ]'; svstat s
  s: up (pid PID) N seconds, want down
  $ svc -u s; until_ '! /usr/bin/svstat s | grep want'; svstat s; p=$(pid_of s); svc -k s; until_ '[ $(grep -c ready s/log) = 2 ]'; until_ '[ $(pid_of s) != '$p' ]' && echo another
  s: up (pid PID) N seconds
  another
  $ svc -dx s; until_ '[ $(grep -c TERM s/log) = 3 ]'; until_ '[ $(grep -c CONT s/log) = 3 ]'; svc -k s; wait; cat s/log; rm s/log
  ready
  HUP
  ALRM
  INT
  TERM
  CONT
  TERM
  CONT
  ready
  TERM
  CONT

Control bytes that mean nothing
  $ service s; supervise s & until_ /usr/bin/svok s; state up s; p=$(pid_of s); printf 'zyx\0\377Z \n9!' | tr -d x >s/supervise/control; sleep 0.3; [ $p = $(pid_of s) ] && svstat s; svc -dx s; wait
  s: up (pid PID) N seconds

Signals to a service that is down do nothing
  $ service s; touch s/down; supervise s & until_ /usr/bin/svok s; svc -thaikpc s; sleep 0.2; svstat s; svc -d s; svstat s; svc -x s; wait
  s: down N seconds
  s: down N seconds

It dies and is started again, a second after its start at the earliest
  $ service s 'date +%s%N >>log; exit 1'; supervise s & until_ '[ $(wc -l <s/log) -ge 4 ]'; svc -dx s; wait
  $ perl -ne 'push @t, $_; END { print $t[3] - $t[0] > 2e9 ? "apart\n" : "too soon\n" }' s/log; rm s/log
  apart

d in the second after a start that failed: it stays down
  $ service s 'echo x >>log; exit 1'; supervise s & until_ test -s s/log; svc -d s; sleep 1.5; state down s; svstat s; wc -l <s/log; svc -x s; wait; rm s/log
  s: down N seconds, normally up
  2
  ~ ours hears commands in the second after a start; the original starts it once more
  s: down N seconds, normally up
  1

What run inherits: directory, arguments, process group, descriptors, signals
  $ service s 'pwd | sed "s,.*/,,"; echo "$# $0"; ls -l /proc/self/fd | grep -c supervise; [ $(cut -d" " -f5 /proc/$$/stat) = $(cut -d" " -f5 /proc/$PPID/stat) ] && echo same group; exec sleep 1000'
  $ supervise s >out & until_ grep -q group out; svc -dx s; wait; cat out; rm out
  s
  0 ./run
  0
  same group
  $ printf '#!%s\n' "$PROBE" >s/run; export PROBE_SORT=1; ulimit -n 300; umask 027
  $ (cd s; "$PROBE" ./run >../base 2>&1 </dev/null &) ; until_ 'tail -1 base | grep TZ='
  $ touch s/down; supervise s >out 2>&1 </dev/null & until_ /usr/bin/svok s; svc -o s; until_ grep -q TZ= out; svc -dx s; wait; sed 's,d/base,d/out,' base | diff --old-line-format='- %L' --new-line-format='+ %L' --unchanged-line-format= - out; rm base out
  - variable OLDPWD=HOME/d

Its end by a signal leaves the service running
  $ service s; supervise s & p=$!; until_ /usr/bin/svok s; state up s; c=$(pid_of s); ends $p; svok s; kill -0 $c && echo runs; kill $c
  runs

Lines on standard error that is closed
  $ service s; supervise s 2>&- & until_ /usr/bin/svok s; state up s; svc -dx s; wait

A status left by another, and files of other modes
  $ service s; touch s/down; mkdir -m 755 s/supervise; echo junk >s/supervise/status; echo junk >s/supervise/lock; supervise s & until_ /usr/bin/svok s; svstat s; svc -x s; wait; cat s/supervise/lock; stat -c %a s/supervise
  s: down N seconds
  junk
  755

A directory in the place of status
  $ service s; mkdir -p s/supervise/status; supervise s 2>err & p=$!; until_ grep -q rename err; sleep 0.2; ends $p; sort -u err; rm err
  supervise: warning: unable to rename s/supervise/status.new to status: is a directory

Its directory is renamed, then removed: it goes on
  $ service s; supervise s 2>err & p=$!; until_ /usr/bin/svok s; state up s; mv s t; svstat t; c=$(pid_of t); rm -r t; kill $c; until_ 'grep -q unable.to.start err'; kill -0 $p && echo alive; ends $p; grep -v status.new err | sort -u; rm err
  t: up (pid PID) N seconds
  alive
  supervise: fatal: unable to start s/run: file does not exist

p and c beside others; k to a paused service
  $ service s; supervise s & until_ /usr/bin/svok s; state up s; svc -pk s; c=$(pid_of s); until_ '[ $(pid_of s) != '$c' ] && [ $(pid_of s) != 0 ]'; svstat s; svc -dx s; wait
  s: up (pid PID) N seconds
