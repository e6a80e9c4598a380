No argument, or too many
  $ svok
  ! svok: usage: svok dir
  [100]
  $ svok a b
  ! svok: fatal: unable to chdir to a: file does not exist
  [111]
  $ svok ''
  ! svok: fatal: unable to chdir to : file does not exist
  [111]

A directory that is not there, is a file, leads nowhere, or is a loop
  $ svok nodir
  ! svok: fatal: unable to chdir to nodir: file does not exist
  [111]
  $ touch file; svok file
  ! svok: fatal: unable to chdir to file: not a directory
  [111]
  $ ln -s nowhere dangling; svok dangling
  ! svok: fatal: unable to chdir to dangling: file does not exist
  [111]
  $ ln -s loop loop; svok loop
  ! svok: fatal: unable to chdir to loop: symbolic link loop
  [111]
  $ svok "$(printf 'no\377dir')"
  ! svok: fatal: unable to chdir to no\xffdir: file does not exist
  [111]
  $ svok "$(perl -e 'print "a" x 300')"
  ! svok: fatal: unable to chdir to aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: file name too long
  [111]
  $ svok "$(perl -e 'print "a/" x 3000')" 2>&1 | sed 's,\(a/\)*a/,.../,'
  svok: fatal: unable to chdir to .../: file name too long

A directory that was never supervised, or no longer is
  $ mkdir s; svok s
  [100]
  $ mkdir s/supervise; svok s
  [100]
  $ mkfifo s/supervise/ok; svok s
  [100]
  $ svok s/
  [100]

Something else in the place of ok
  $ mkdir -p s/supervise/ok; svok s
  ! svok: fatal: unable to open s/supervise/ok: is a directory
  [111]
  $ rmdir s/supervise/ok; touch s/supervise/ok; svok s
  $ rm s/supervise/ok; ln -s ok s/supervise/ok; svok s
  ! svok: fatal: unable to open s/supervise/ok: symbolic link loop
  [111]
  $ rm s/supervise/ok; ln -s nothing s/supervise/ok; svok s
  [100]
  $ rm s/supervise/ok; rmdir s/supervise; touch s/supervise; svok s
  ! svok: fatal: unable to open s/supervise/ok: not a directory
  [111]

Without permission
  $ mkdir -p s/supervise; mkfifo -m 600 s/supervise/ok; as_nobody svok s
  ! svok: fatal: unable to open s/supervise/ok: access denied
  [111]
  $ chmod 700 s/supervise; as_nobody svok s
  ! svok: fatal: unable to open s/supervise/ok: access denied
  [111]
  $ chmod 700 s; as_nobody svok s
  ! svok: fatal: unable to chdir to s: access denied
  [111]
  $ chmod 711 s; chmod 755 s/supervise; chmod 622 s/supervise/ok; as_nobody svok s
  [100]

A running supervise
  $ service s; supervise s & until_ /usr/bin/svok s
  $ svok s
  $ svok ./s/.
  $ cd s; svok .
  $ cd ..; ln -s s l; svok l
  $ svok -- s
  ! svok: fatal: unable to chdir to --: file does not exist
  [111]
  $ svok -s
  ! svok: fatal: unable to chdir to -s: file does not exist
  [111]
  $ svok s </dev/null >&- 2>&-

A directory's name that is no text
  $ d=$(printf 's\377\200'); service "$d"; supervise "$d" & until_ '/usr/bin/svok "$d"'
  $ svok "$d"
