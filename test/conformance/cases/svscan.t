Directories that are none
  $ svscan nodir
  ! svscan: fatal: unable to chdir to nodir: file does not exist
  [111]
  $ touch file; svscan file
  ! svscan: fatal: unable to chdir to file: not a directory
  [111]
  $ ln -s loop loop; svscan loop
  ! svscan: fatal: unable to chdir to loop: symbolic link loop
  [111]
  $ mkdir c; chmod 700 c; as_nobody svscan c
  ! svscan: fatal: unable to chdir to c: access denied
  [111]
  $ svscan ''
  ! svscan: fatal: unable to chdir to : file does not exist
  [111]

A directory that cannot be read: said every five seconds
  $ mkdir c; chmod 711 c; as_nobody svscan c 2>err & p=$!; until_ test -s err; ends $p; sort -u err; rm err
  svscan: warning: unable to read directory: access denied

Services, names with dots, files, links
  $ service scan/a; service scan/.hidden; service other; ln -s ../other scan/b; touch scan/file; ln -s nowhere scan/dangling
  $ svscan scan 2>err & p=$!; until_ /usr/bin/svok scan/a '&&' /usr/bin/svok scan/b; state up scan/a; state up scan/b; svstat scan/a scan/b scan/.hidden
  scan/a: up (pid PID) N seconds
  scan/b: up (pid PID) N seconds
  scan/.hidden: unable to open supervise/ok: file does not exist
  $ svok scan/.hidden
  [100]
  $ svc -dx scan/a scan/b; sleep 0.2; ends $p
  $ sort -u err; rm err
  svscan: warning: unable to stat dangling: file does not exist

A logger: what the service prints reaches it, and outlives restarts of both
  $ service scan/a 'echo started; exec sleep 1000'; service scan/a/log 'exec cat >>../../../out'
  $ svscan scan & p=$!; until_ grep -q started out; svstat scan/a scan/a/log
  scan/a: up (pid PID) N seconds
  scan/a/log: up (pid PID) N seconds
  $ l=$(pid_of scan/a/log); svc -t scan/a/log; until_ '[ $(pid_of scan/a/log) != 0 ] && [ $(pid_of scan/a/log) != $l ]'; svc -t scan/a; until_ '[ $(grep -c started out) = 2 ]'
  $ cat out; svc -dx scan/a scan/a/log; ends $p; rm out
  started
  started

The service that appears later
  $ service scan/a; svscan scan & p=$!; until_ /usr/bin/svok scan/a; service new; mv new scan/b; until_ /usr/bin/svok scan/b; state up scan/b; svstat scan/b; svc -dx scan/a scan/b; ends $p
  scan/b: up (pid PID) N seconds

The current directory when none is given; further arguments are ignored
  $ service a; svscan & p=$!; until_ /usr/bin/svok a; state up a; svc -dx a; ends $p
  $ mkdir scan; service scan/b; svscan scan more & p=$!; until_ /usr/bin/svok scan/b; state up scan/b; svc -dx scan/b; ends $p

A name that is no text
  $ d=$(printf 'scan/s\377'); service "$d" 'echo said; exec sleep 1000'; service "$d/log" 'exec multilog ./main'
  $ svscan scan & p=$!; until_ grep -q said "'$d/log/main/current'"; svstat "$d" "$d/log"; svc -dx "$d" "$d/log"; ends $p
  scan/s\xff: up (pid PID) N seconds
  scan/s\xff/log: up (pid PID) N seconds
