Options
  $ svc
  $ svc -z
  $ svc -uz .
  $ svc '-u:' .
  $ svc -
  $ svc --
  $ svc -u
  $ svc -u --
  $ svc "$(printf -- '-\377')"
  $ svc -1 .
  $ svc -q .

Directories that are none; the exit status stays 0
  $ svc -u nodir
  $ touch file; svc -u file nodir .
  $ ln -s loop loop; svc -u loop
  $ svc -u ''
  $ svc nodir
  $ mkdir s; svc s
  $ svc -u "$(printf 'no\377dir')"
  $ svc -- -u
  $ svc -u -- -u
  $ svc -u "$(perl -e 'print "a" x 300')"

Something else in the place of control
  $ mkdir -p s/supervise/control; svc -u s
  $ rmdir s/supervise/control; touch s/supervise/control; svc -u s; svc -dux s; cat s/supervise/control
  $ rm s/supervise/control; ln -s control s/supervise/control; svc -u s
  $ rm s/supervise/control; ln -s nothing s/supervise/control; svc -u s
  $ rm s/supervise/control; mkfifo s/supervise/control; svc -u s
  $ rm s/supervise/control; rmdir s/supervise; touch s/supervise; svc -u s

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/control; as_nobody svc -u s
  $ chmod 700 s/supervise; as_nobody svc -u s
  $ chmod 700 s; as_nobody svc -u s

The directory we are in is gone or closed to us
  $ mkdir gone t; (cd gone; rmdir ../gone; svc -u ../t)
  $ mkdir closed; chmod 711 closed; (cd closed; as_nobody svc -u ../t)

What is written: each letter once, in the order given, twenty at most
  $ mkdir -p s/supervise; touch s/supervise/control
  $ svc -udoxpchaitk s; cat s/supervise/control
  $ : >s/supervise/control; svc -u -d -u -dd -t s s/; cat s/supervise/control
  $ : >s/supervise/control; svc -kkkkkkkkkkkkkkkkkkkkkkkkkkkkkt s; cat s/supervise/control
  $ : >s/supervise/control; svc s; cat s/supervise/control
  $ : >s/supervise/control; cd s; svc -tu . ../s; cat supervise/control

A full control pipe, and standard error that is closed
  $ mkdir -p s/supervise; mkfifo s/supervise/control
  $ perl -e 'use Fcntl; sysopen F, "s/supervise/control", O_RDWR | O_NONBLOCK; 1 while syswrite F, "x" x 4096; system "svc -t s"'
  $ svc -u nodir 2>&-
  $ svc 2>&-

Several services, some of which are not there: the others are told
  $ mkdir -p a/supervise b/supervise; touch a/supervise/control b/supervise/control
  $ svc -t a nodir b a/nodir ./a; cat a/supervise/control b/supervise/control
