No argument is no error
  $ svstat

Directories that are none
  $ svstat nodir
  nodir: unable to chdir: file does not exist
  $ touch file; svstat file . nodir
  file: unable to chdir: not a directory
  .: unable to open supervise/ok: file does not exist
  nodir: unable to chdir: file does not exist
  $ ln -s loop loop; svstat loop
  loop: unable to chdir: symbolic link loop
  $ svstat ''
  : unable to chdir: file does not exist
  $ svstat -- -x
  --: unable to chdir: file does not exist
  -x: unable to chdir: file does not exist
  $ svstat "$(printf 'no\377dir')"
  no\xffdir: unable to chdir: file does not exist
  $ svstat "$(perl -e 'print "a" x 300')" | sed s/aaa*/aaa/
  aaa: unable to chdir: file name too long

Not supervised
  $ mkdir -p s; svstat s
  s: unable to open supervise/ok: file does not exist
  $ mkdir s/supervise; svstat s
  s: unable to open supervise/ok: file does not exist
  $ mkfifo s/supervise/ok; svstat s
  s: supervise not running
  $ rm s/supervise/ok; mkdir s/supervise/ok; svstat s
  s: unable to open supervise/ok: is a directory
  $ rmdir s/supervise/ok; ln -s ok s/supervise/ok; svstat s
  s: unable to open supervise/ok: symbolic link loop
  $ rm s/supervise/ok; touch s/supervise/ok; svstat s
  s: unable to open supervise/status: file does not exist
  $ : >s/supervise/status; svstat s
  s: unable to read supervise/status: bad format
  $ printf 'too short' >s/supervise/status; svstat s
  s: unable to read supervise/status: bad format
  $ rm s/supervise/status; mkdir s/supervise/status; svstat s
  s: down N seconds, normally up
  ~ the original takes the failed read for a status of zeros
  s: unable to read supervise/status: is a directory

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/ok; as_nobody svstat s
  s: unable to open supervise/ok: access denied
  $ chmod 700 s/supervise; as_nobody svstat s
  s: unable to open supervise/ok: access denied
  $ chmod 700 s; as_nobody svstat s
  s: unable to chdir: access denied
  $ mkdir closed; chmod 711 closed; (cd closed; as_nobody svstat ../s)
  ! svstat: fatal: unable to open current directory: access denied
  [111]

The directory we are in is gone
  $ mkdir gone t; (cd gone; rmdir ../gone; svstat ../t)
  ../t: unable to open supervise/ok: file does not exist

Status files of all kinds: pid, paused, want, a start in the future, trailing bytes of other supervisors
  $ mkdir -p s/supervise; touch s/supervise/ok
  $ status() { perl -e '($w, $p, $paused, $more) = @ARGV; print pack("NNNVCa1", 0x40000000, time + 10 - 7, 0, $p, $paused, $w) . $more' "$@" >s/supervise/status; }
  $ status u 42 0; svstat s
  s: up (pid PID) N seconds
  $ status d 42 0; svstat s
  s: up (pid PID) N seconds, want down
  $ status u 42 1; svstat s
  s: up (pid PID) N seconds, paused
  $ status d 42 1; svstat s
  s: up (pid PID) N seconds, paused, want down
  $ status '' 42 0; svstat s
  s: up (pid PID) N seconds
  $ status u 0 0; svstat s
  s: down N seconds, normally up, want up
  $ status d 0 0; svstat s
  s: down N seconds, normally up
  $ status '' 0 0; svstat s
  s: down N seconds, normally up
  $ status d 0 1; svstat s
  s: down N seconds, normally up
  $ status x 42 2; svstat s
  s: up (pid PID) N seconds, paused
  $ touch s/down
  $ status u 42 0; svstat s
  s: up (pid PID) N seconds, normally down
  $ status d 42 1; svstat s
  s: up (pid PID) N seconds, normally down, paused, want down
  $ status u 0 0; svstat s
  s: down N seconds, want up
  $ status d 0 0; svstat s
  s: down N seconds
  $ status u 42 0 12; svstat s
  s: up (pid PID) N seconds, normally down
  $ status u 42 0 123456789012345678; svstat s
  s: up (pid PID) N seconds, normally down
  $ status u 4294967295 0; svstat s | sed 's/pid [0-9-]*/&/'
  s: up (pid PID) N seconds, normally down
  $ perl -e 'print pack("NNNVCa1", 0x40000000, time + 10 + 1000, 0, 42, 0, "u")' >s/supervise/status; svstat s
  s: up (pid PID) N seconds, normally down
  $ perl -e 'print "\0" x 18' >s/supervise/status; svstat s | sed 's/ [0-9]* sec/ N sec/'
  s: down N seconds

A link in the place of down that leads nowhere, or in a circle
  $ mkdir -p s/supervise; mkfifo s/supervise/ok; ln -s nowhere s/down; svstat s
  s: supervise not running
  $ rm s/down; ln -s down s/down; svstat s
  s: unable to stat down: symbolic link loop

Running services, several in one call
  $ service a; service b; touch b/down; service c 'exit 0'
  $ supervise a & supervise b & until_ /usr/bin/svok a '&&' /usr/bin/svok b
  $ state 'up' a; state 'down' b
  $ svstat a b c nodir a/
  a: up (pid PID) N seconds
  b: down N seconds
  c: unable to open supervise/ok: file does not exist
  nodir: unable to chdir: file does not exist
  a/: up (pid PID) N seconds
  $ svstat >&- a
  $ cd a; svstat . ../b
  .: up (pid PID) N seconds
  ../b: down N seconds
