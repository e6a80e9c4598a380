Every chain-loader leaves the program what it was itself started with, but for what it is to change
  $ limit() { (umask 027; ulimit -n 512; ulimit -c 0; exec 5<&0 6>/dev/null 7</; nice -n 3 "$@"); }
  $ a=$(printf 'arg\377\200\001'); nl=$(printf 'two\nlines'); export V="$a"
  $ through() { limit env "$(printf 'v\376=x\377')" "$@" "$PROBE" "$a" '' "$nl" -- -x >left; [ -e base ] || cp left base; sed 's,d/left,d/base,' left | diff --old-line-format='- %L' --new-line-format='+ %L' --unchanged-line-format= base -; }
  $ limit env "$(printf 'v\376=x\377')" "$PROBE" "$a" '' "$nl" -- -x >base
  $ through pgrphack | sed 's/nice [0-9]*/nice N/'
  - nice N, leads session 0, leads group 0, dumpable 1, pdeathsig 0, timer slack 50000, same pid -1
  + nice N, leads session 1, leads group 1, dumpable 1, pdeathsig 0, timer slack 50000, same pid -1
  $ through setlock lock
  + fd 3 HOME/d/lock cloexec 0 status 0106001
  [1]
  $ mkdir e; through envdir e
  $ through envuidgid nobody
  + variable GID=65534
  + variable UID=65534
  [1]
  $ through setuidgid nobody
  - Uid:\x090\x090\x090\x090
  - Gid:\x090\x090\x090\x090
  - Groups:\x09 
  + Uid:\x0965534\x0965534\x0965534\x0965534
  + Gid:\x0965534\x0965534\x0965534\x0965534
  + Groups:\x0965534 
  - CapEff:\x09000001fffeffffff
  + CapEff:\x090000000000000000
  [1]
  $ through softlimit -c 4096 -t 1000
  - CPU -1 -1
  + CPU 1000 -1
  [1]
  $ through softlimit -m 500000000 -o 64
  - DATA -1 -1
  - STACK 8388608 -1
  + DATA 500000000 -1
  + STACK 500000000 -1
  - NOFILE 512 512
  + NOFILE 64 512
  - AS -1 -1
  + AS 500000000 -1
  [1]
  $ through fghack | sed '/^[-+] fd [1-9][0-9]* pipe/d'
  $ rm left base

The process stays the same: its id, its parent
  $ for p in pgrphack 'setlock lock' 'envdir e' 'envuidgid root' 'setuidgid root' 'softlimit -o 100'; do mkdir -p e; sh -c 'EXPECTED_PID=$$ exec '"$p"' "$PROBE"' | grep -o 'same pid .*'; done
  same pid 1
  same pid 1
  same pid 1
  same pid 1
  same pid 1
  same pid 1

Signals that are ignored or blocked stay so; those Node changes are back
  $ for p in env pgrphack 'setlock lock' 'softlimit -o 100'; do (trap '' HUP INT PIPE XFSZ USR1; $p "$PROBE" | grep Sig); done
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000001001203
  SigCgt:\x090000000000000000
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000001001203
  SigCgt:\x090000000000000000
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000001001203
  SigCgt:\x090000000000000000
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000001001203
  SigCgt:\x090000000000000000
  $ for p in env pgrphack 'setlock lock'; do perl -e 'use POSIX; sigprocmask SIG_BLOCK, POSIX::SigSet->new(SIGUSR1, SIGTERM, SIGCHLD, SIGPIPE); exec @ARGV' $p "$PROBE" | grep Sig; done
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000015200
  SigIgn:\x090000000000000000
  SigCgt:\x090000000000000000
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000015200
  SigIgn:\x090000000000000000
  SigCgt:\x090000000000000000
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000015200
  SigIgn:\x090000000000000000
  SigCgt:\x090000000000000000
  $ perl -e '$SIG{CHLD} = "IGNORE"; exec "pgrphack", $ENV{PROBE}' | grep Sig
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000000010000
  SigCgt:\x090000000000000000

Standard descriptors that are closed stay closed
  $ fds() { grep '^fd [0-6] '; }
  $ pgrphack "$PROBE" <&- | fds
  fd 1 pipe cloexec 0 status 01
  fd 2 HOME/err cloexec 0 status 0102001
  $ pgrphack "$PROBE" 2>&- | fds
  fd 0 /dev/null cloexec 0 status 0100000
  fd 1 pipe cloexec 0 status 01
  $ pgrphack sh -c '"$PROBE" >out' >&-; fds <out; rm out
  fd 0 /dev/null cloexec 0 status 0100000
  fd 1 HOME/d/out cloexec 0 status 0100001
  fd 2 HOME/err cloexec 0 status 0102001
  $ setlock lock "$PROBE" <&- | fds
  fd 0 HOME/d/lock cloexec 0 status 0106001
  fd 1 pipe cloexec 0 status 01
  fd 2 HOME/err cloexec 0 status 0102001

All of them in a row
  $ mkdir e; echo 1 >e/ONE; env -i PATH="$PATH" PROBE="$PROBE" pgrphack setlock lock envdir e envuidgid nobody softlimit -o 100 setuidgid nobody "$PROBE" | grep -E '^(Uid|Groups|NOFILE|fd [0-6] |variable|Sig)' | sed '/NOFILE/s/ [0-9]*$//'
  Uid:\x0965534\x0965534\x0965534\x0965534
  Groups:\x0965534 
  SigPnd:\x090000000000000000
  SigBlk:\x090000000000000000
  SigIgn:\x090000000000000000
  SigCgt:\x090000000000000000
  NOFILE 100
  fd 0 /dev/null cloexec 0 status 0100000
  fd 1 pipe cloexec 0 status 01
  fd 2 HOME/err cloexec 0 status 0102001
  fd 3 HOME/d/lock cloexec 0 status 0106001
  variable PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  variable ONE=1
  variable GID=65534
  variable UID=65534

Many arguments, long arguments, a large environment
  $ perl -e 'exec "pgrphack", "perl", "-e", "print scalar(\@ARGV), \" \", length(join \"\", \@ARGV), \"\\n\"", ("x" x 100) x 10000'
  10000 1000000
  $ perl -e '$ENV{"V$_"} = "y" x 1000 for 1 .. 500; exec "envuidgid", "root", "perl", "-e", "print scalar(grep /^V/, keys %ENV), \" \", length(join \"\", %ENV) > 500000, \"\\n\""'
  500 1
  $ perl -e 'exec "pgrphack", "perl", "-e", "print length(\$ARGV[0]), \"\\n\"", "z" x 131071'
  131071
