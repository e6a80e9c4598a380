Usage; its exit status is 111
  $ envdir
  $ envdir d
  $ envdir -x d

Directories that are none
  $ envdir nodir true
  $ touch file; envdir file true
  $ ln -s loop loop; envdir loop true
  $ envdir '' true
  $ envdir "$(printf 'no\377dir')" true

The first line of each file, without blanks at its end; NUL stands for a newline
  $ mkdir d; printf 'plain\n' >d/A; printf 'no newline' >d/B; printf 'first\nsecond\n' >d/C
  $ printf 'blanks \t \n' >d/D; printf ' leading\n' >d/E; printf 'a\0b\0c\n' >d/F; printf '\n' >d/G; printf ' \n' >d/H
  $ printf '\377\200\n' >d/I; printf 'cr\r\n' >d/J; printf 'a=b=c\n' >d/K; printf '\0' >d/L; printf '\0 \n' >d/M
  $ printf 'a\n\0b' >d/N; perl -e 'print "x" x 70000' >d/O
  $ envdir d perl -e 'for ("A".."N") { $_ = "$_=" . (exists $ENV{$_} ? "<$ENV{$_}>" : "absent"); s/\n/\\n/g; print "$_\n" } print length $ENV{O}, "\n"'

Empty files remove; names with a dot at the front are skipped
  $ mkdir d; : >d/GONE; echo set >d/.HIDDEN; echo new >d/OLD; : >d/NEVER
  $ GONE=1 OLD=old KEPT=1 envdir d sh -c 'echo "${GONE-gone} $OLD $KEPT ${HIDDEN-no} ${NEVER-never}"'

Odd names
  $ mkdir d; echo 1 >"d/A=B"; echo 2 >"d/with space"; echo 3 >"d/$(printf 'x\377')"; echo 4 >d/-dash
  $ env -i PATH="$PATH" PROBE_SORT=1 envdir d "$PROBE" | grep '^variable' | sort

The order of the environment
  $ mkdir d; echo new >d/B; env -i PATH="$PATH" A=1 B=2 C=3 D=4 envdir d env
  $ : >d/B; env -i PATH="$PATH" A=1 B=2 C=3 D=4 envdir d env
  $ : >d/B; env -i PATH="$PATH" A=1 C=3 D=4 B=2 envdir d env
  $ mkdir e; for v in Z Y X W V U T S R Q; do echo $v >e/$v; done; env -i PATH="$PATH" C=3 envdir e env | sort
  $ mkdir p; echo /nowhere >p/PATH; envdir p sh -c 'echo $PATH'
  $ mkdir p/bin; rm -r p/bin; printf '#!/bin/sh\necho found\n' >prog; chmod 755 prog; echo "$PWD:$PATH" >p/PATH; envdir p prog

What cannot be read
  $ mkdir d; mkdir d/SUB; envdir d true
  $ rmdir d/SUB; ln -s nowhere d/LINK; envdir d true
  $ rm d/LINK; ln -s LINK d/LINK; envdir d true
  $ rm d/LINK; echo 1 >d/SECRET; chmod 600 d/SECRET; as_nobody envdir d true
  $ chmod 711 d; as_nobody envdir d true
  $ chmod 700 d; as_nobody envdir d true
  $ mkdir closed; chmod 711 closed; chmod 755 d; chmod 644 d/SECRET; (cd closed; as_nobody envdir ../d true)

Programs that cannot be run
  $ mkdir d; envdir d ./nosuch
  $ envdir d ''
  $ envdir d sh -c 'exit 9'
