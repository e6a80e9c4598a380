Options
  $ svc
  $ svc -z
  ! svc: illegal option -- z
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]
  $ svc -uz .
  ! svc: illegal option -- z
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]
  $ svc '-u:' .
  ! svc: illegal option -- :
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]
  $ svc -
  ! svc: warning: unable to chdir to -: file does not exist
  $ svc --
  $ svc -u
  $ svc -u --
  $ svc "$(printf -- '-\377')"
  ! svc: illegal option -- \xff
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]
  $ svc -1 .
  ! svc: illegal option -- 1
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]
  $ svc -q .
  ! svc: illegal option -- q
  ! svc options: u up, d down, o once, x exit, p pause, c continue, h hup, a alarm, i interrupt, t term, k kill
  [100]

Directories that are none; the exit status stays 0
  $ svc -u nodir
  ! svc: warning: unable to chdir to nodir: file does not exist
  $ touch file; svc -u file nodir .
  ! svc: warning: unable to chdir to file: not a directory
  ! svc: warning: unable to chdir to nodir: file does not exist
  ! svc: warning: unable to control .: file does not exist
  $ ln -s loop loop; svc -u loop
  ! svc: warning: unable to chdir to loop: symbolic link loop
  $ svc -u ''
  ! svc: warning: unable to chdir to : file does not exist
  $ svc nodir
  ! svc: warning: unable to chdir to nodir: file does not exist
  $ mkdir s; svc s
  ! svc: warning: unable to control s: file does not exist
  $ svc -u "$(printf 'no\377dir')"
  ! svc: warning: unable to chdir to no\xffdir: file does not exist
  $ svc -- -u
  ! svc: warning: unable to chdir to -u: file does not exist
  $ svc -u -- -u
  ! svc: warning: unable to chdir to -u: file does not exist
  $ svc -u "$(perl -e 'print "a" x 300')"
  ! svc: warning: unable to chdir to aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: file name too long

Something else in the place of control
  $ mkdir -p s/supervise/control; svc -u s
  ! svc: warning: unable to control s: is a directory
  $ rmdir s/supervise/control; touch s/supervise/control; svc -u s; svc -dux s; cat s/supervise/control
  dux (no-eol)
  $ rm s/supervise/control; ln -s control s/supervise/control; svc -u s
  ! svc: warning: unable to control s: symbolic link loop
  $ rm s/supervise/control; ln -s nothing s/supervise/control; svc -u s
  ! svc: warning: unable to control s: file does not exist
  $ rm s/supervise/control; mkfifo s/supervise/control; svc -u s
  ! svc: warning: unable to control s: supervise not running
  $ rm s/supervise/control; rmdir s/supervise; touch s/supervise; svc -u s
  ! svc: warning: unable to control s: not a directory

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/control; as_nobody svc -u s
  ! svc: warning: unable to control s: access denied
  $ chmod 700 s/supervise; as_nobody svc -u s
  ! svc: warning: unable to control s: access denied
  $ chmod 700 s; as_nobody svc -u s
  ! svc: warning: unable to chdir to s: access denied

The directory we are in is gone or closed to us
  $ mkdir gone t; (cd gone; rmdir ../gone; svc -u ../t)
  ! svc: warning: unable to control ../t: file does not exist
  $ mkdir closed; chmod 711 closed; (cd closed; as_nobody svc -u ../t)
  ! svc: fatal: unable to open current directory: access denied
  [111]

What is written: each letter once, in the order given, twenty at most
  $ mkdir -p s/supervise; touch s/supervise/control
  $ svc -udoxpchaitk s; cat s/supervise/control
  udoxpchaitk (no-eol)
  $ : >s/supervise/control; svc -u -d -u -dd -t s s/; cat s/supervise/control
  udt (no-eol)
  $ : >s/supervise/control; svc -kkkkkkkkkkkkkkkkkkkkkkkkkkkkkt s; cat s/supervise/control
  kt (no-eol)
  $ : >s/supervise/control; svc s; cat s/supervise/control
  $ : >s/supervise/control; cd s; svc -tu . ../s; cat supervise/control
  tu (no-eol)

A full control pipe: it waits
  $ mkdir -p s/supervise; mkfifo s/supervise/control
  $ perl -e 'use Fcntl; sysopen F, "s/supervise/control", O_RDWR | O_NONBLOCK; 1 while syswrite F, "x" x 4096; system "timeout 1 svc -t s; echo \$?"'
  124

Standard error that is closed
  $ svc -u nodir 2>&-
  $ svc -z 2>&-
  [100]

Several services, some of which are not there: the others are told
  $ mkdir -p a/supervise b/supervise; touch a/supervise/control b/supervise/control
  $ svc -t a nodir b a/nodir ./a; cat a/supervise/control b/supervise/control
  tt (no-eol)
  ! svc: warning: unable to chdir to nodir: file does not exist
  ! svc: warning: unable to chdir to a/nodir: file does not exist
