No argument, or too many
  $ svok
  $ svok a b
  $ svok ''

A directory that is not there, is a file, leads nowhere, or is a loop
  $ svok nodir
  $ touch file; svok file
  $ ln -s nowhere dangling; svok dangling
  $ ln -s loop loop; svok loop
  $ svok "$(printf 'no\377dir')"
  $ svok "$(perl -e 'print "a" x 300')"
  $ svok "$(perl -e 'print "a/" x 3000')"

A directory that was never supervised, or no longer is
  $ mkdir s; svok s
  $ mkdir s/supervise; svok s
  $ mkfifo s/supervise/ok; svok s
  $ svok s/

Something else in the place of ok
  $ mkdir -p s/supervise/ok; svok s
  $ rmdir s/supervise/ok; touch s/supervise/ok; svok s
  $ rm s/supervise/ok; ln -s ok s/supervise/ok; svok s
  $ rm s/supervise/ok; ln -s nothing s/supervise/ok; svok s
  $ rm s/supervise/ok; rmdir s/supervise; touch s/supervise; svok s

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/ok; as_nobody svok s
  $ chmod 700 s/supervise; as_nobody svok s
  $ chmod 700 s; as_nobody svok s
  $ chmod 711 s; chmod 755 s/supervise; chmod 622 s/supervise/ok; as_nobody svok s

A running supervise
  $ service s; supervise s & until_ /usr/bin/svok s
  $ svok s
  $ svok ./s/.
  $ cd s; svok .
  $ cd ..; ln -s s l; svok l
  $ svok -- s
  $ svok -s
  $ svok s </dev/null >&- 2>&-

A directory's name that is no text
  $ d=$(printf 's\377\200'); service "$d"; supervise "$d" & until_ '/usr/bin/svok "$d"'
  $ svok "$d"
