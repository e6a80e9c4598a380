No argument is no error
  $ svstat

Directories that are none
  $ svstat nodir
  $ touch file; svstat file . nodir
  $ ln -s loop loop; svstat loop
  $ svstat ''
  $ svstat -- -x
  $ svstat "$(printf 'no\377dir')"
  $ svstat "$(perl -e 'print "a" x 300')" | sed s/aaa*/aaa/

Not supervised
  $ mkdir -p s; svstat s
  $ mkdir s/supervise; svstat s
  $ mkfifo s/supervise/ok; svstat s
  $ rm s/supervise/ok; mkdir s/supervise/ok; svstat s
  $ rmdir s/supervise/ok; ln -s ok s/supervise/ok; svstat s
  $ rm s/supervise/ok; touch s/supervise/ok; svstat s
  $ : >s/supervise/status; svstat s
  $ printf 'too short' >s/supervise/status; svstat s
  $ rm s/supervise/status; mkdir s/supervise/status; svstat s

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/ok; as_nobody svstat s
  $ chmod 700 s/supervise; as_nobody svstat s
  $ chmod 700 s; as_nobody svstat s
  $ mkdir closed; chmod 711 closed; (cd closed; as_nobody svstat ../s)

The directory we are in is gone
  $ mkdir gone t; (cd gone; rmdir ../gone; svstat ../t)

Status files of all kinds: pid, paused, want, a start in the future, trailing bytes of other supervisors
  $ mkdir -p s/supervise; touch s/supervise/ok
  $ status() { perl -e '($w, $p, $paused, $more) = @ARGV; print pack("NNNVCa1", 0x40000000, time + 10 - 7, 0, $p, $paused, $w) . $more' "$@" >s/supervise/status; }
  $ status u 42 0; svstat s
  $ status d 42 0; svstat s
  $ status u 42 1; svstat s
  $ status d 42 1; svstat s
  $ status '' 42 0; svstat s
  $ status u 0 0; svstat s
  $ status d 0 0; svstat s
  $ status '' 0 0; svstat s
  $ status d 0 1; svstat s
  $ status x 42 2; svstat s
  $ touch s/down
  $ status u 42 0; svstat s
  $ status d 42 1; svstat s
  $ status u 0 0; svstat s
  $ status d 0 0; svstat s
  $ status u 42 0 12; svstat s
  $ status u 42 0 123456789012345678; svstat s
  $ status u 4294967295 0; svstat s | sed 's/pid [0-9-]*/&/'
  $ perl -e 'print pack("NNNVCa1", 0x40000000, time + 10 + 1000, 0, 42, 0, "u")' >s/supervise/status; svstat s
  $ perl -e 'print "\0" x 18' >s/supervise/status; svstat s | sed 's/ [0-9]* sec/ N sec/'

A link in the place of down that leads nowhere, or in a circle
  $ mkdir -p s/supervise; mkfifo s/supervise/ok; ln -s nowhere s/down; svstat s
  $ rm s/down; ln -s down s/down; svstat s

Running services, several in one call
  $ service a; service b; touch b/down; service c 'exit 0'
  $ supervise a & supervise b & until_ /usr/bin/svok a '&&' /usr/bin/svok b
  $ state 'up' a; state 'down' b
  $ svstat a b c nodir a/
  $ svstat >&- a
  $ cd a; svstat . ../b
