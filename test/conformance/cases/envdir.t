Usage; its exit status is 111
  $ envdir
  ! envdir: usage: envdir dir child
  [111]
  $ envdir d
  ! envdir: usage: envdir dir child
  [111]
  $ envdir -x d
  ! envdir: fatal: unable to switch to directory -x: file does not exist
  [111]

Directories that are none
  $ envdir nodir true
  ! envdir: fatal: unable to switch to directory nodir: file does not exist
  [111]
  $ touch file; envdir file true
  ! envdir: fatal: unable to switch to directory file: not a directory
  [111]
  $ ln -s loop loop; envdir loop true
  ! envdir: fatal: unable to switch to directory loop: symbolic link loop
  [111]
  $ envdir '' true
  ! envdir: fatal: unable to switch to directory : file does not exist
  [111]
  $ envdir "$(printf 'no\377dir')" true
  ! envdir: fatal: unable to switch to directory no\xffdir: file does not exist
  [111]

The first line of each file, without blanks at its end; NUL stands for a newline
  $ mkdir d; printf 'plain\n' >d/A; printf 'no newline' >d/B; printf 'first\nsecond\n' >d/C
  $ printf 'blanks \t \n' >d/D; printf ' leading\n' >d/E; printf 'a\0b\0c\n' >d/F; printf '\n' >d/G; printf ' \n' >d/H
  $ printf '\377\200\n' >d/I; printf 'cr\r\n' >d/J; printf 'a=b=c\n' >d/K; printf '\0' >d/L; printf '\0 \n' >d/M
  $ printf 'a\n\0b' >d/N; perl -e 'print "x" x 70000' >d/O
  $ envdir d perl -e 'for ("A".."N") { $_ = "$_=" . (exists $ENV{$_} ? "<$ENV{$_}>" : "absent"); s/\n/\\n/g; print "$_\n" } print length $ENV{O}, "\n"'
  A=<plain>
  B=<no newline>
  C=<first>
  D=<blanks>
  E=< leading>
  F=<a\nb\nc>
  G=<>
  H=<>
  I=<\xff\x80>
  J=<cr\x0d>
  K=<a=b=c>
  L=<\n>
  M=<\n>
  N=<a>
  70000

Empty files remove; names with a dot at the front are skipped
  $ mkdir d; : >d/GONE; echo set >d/.HIDDEN; echo new >d/OLD; : >d/NEVER
  $ GONE=1 OLD=old KEPT=1 envdir d sh -c 'echo "${GONE-gone} $OLD $KEPT ${HIDDEN-no} ${NEVER-never}"'
  gone new 1 no never

Odd names
  $ mkdir d; echo 1 >"d/A=B"; echo 2 >"d/with space"; echo 3 >"d/$(printf 'x\377')"; echo 4 >d/-dash
  $ env -i PATH="$PATH" PROBE_SORT=1 envdir d "$PROBE" | grep '^variable' | sort
  variable -dash=4
  variable A=B=1
  variable PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  variable PROBE_SORT=1
  variable with space=2
  variable x\xff=3
  $ mkdir d2; echo v >d2/A=B; env -i PATH="$PATH" A=1 AB=2 envdir d2 env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  AB=2
  A=B=v
  $ mkdir d3; : >d3/A=B; : >d3/=C; env -i PATH="$PATH" A=1 AB=2 envdir d3 env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  =C
  AB=2
  A=B

The order of the environment
  $ mkdir d; echo new >d/B; env -i PATH="$PATH" A=1 B=2 C=3 D=4 envdir d env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  A=1
  D=4
  C=3
  B=new
  $ : >d/B; env -i PATH="$PATH" A=1 B=2 C=3 D=4 envdir d env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  A=1
  D=4
  C=3
  $ : >d/B; env -i PATH="$PATH" A=1 C=3 D=4 B=2 envdir d env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  A=1
  C=3
  D=4
  $ mkdir e; for v in Z Y X W V U T S R Q; do echo $v >e/$v; done; env -i PATH="$PATH" C=3 envdir e env | sort
  C=3
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  Q=Q
  R=R
  S=S
  T=T
  U=U
  V=V
  W=W
  X=X
  Y=Y
  Z=Z
  $ mkdir p; echo /nowhere >p/PATH; envdir p sh -c 'echo $PATH'
  /nowhere
  $ mkdir p/bin; rm -r p/bin; printf '#!/bin/sh\necho found\n' >prog; chmod 755 prog; echo "$PWD:$PATH" >p/PATH; envdir p prog
  ! envdir: fatal: unable to run prog: file does not exist
  [111]

What cannot be read
  $ mkdir d; mkdir d/SUB; envdir d true
  ! envdir: fatal: unable to read d/SUB: is a directory
  [111]
  $ rmdir d/SUB; ln -s nowhere d/LINK; envdir d true
  $ rm d/LINK; ln -s LINK d/LINK; envdir d true
  ! envdir: fatal: unable to read d/LINK: symbolic link loop
  [111]
  $ rm d/LINK; echo 1 >d/SECRET; chmod 600 d/SECRET; as_nobody envdir d true
  ! envdir: fatal: unable to read d/SECRET: access denied
  [111]
  $ chmod 711 d; as_nobody envdir d true
  ! envdir: fatal: unable to read directory d: access denied
  [111]
  $ chmod 700 d; as_nobody envdir d true
  ! envdir: fatal: unable to switch to directory d: access denied
  [111]
  $ mkdir closed; chmod 711 closed; chmod 755 d; chmod 644 d/SECRET; (cd closed; as_nobody envdir ../d true)
  ! envdir: fatal: unable to switch to current directory: access denied
  [111]

Programs that cannot be run
  $ mkdir d; envdir d ./nosuch
  ! envdir: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ envdir d ''
  ! envdir: fatal: unable to run : access denied
  [111]
  $ envdir d sh -c 'exit 9'
  [9]

Files that are none: a FIFO is not waited for, a device is read
  $ mkdir d; mkfifo d/F; F=1 envdir d sh -c 'echo ${F-none}'
  none
  $ rm d/F; ln -s /dev/null d/N; N=1 envdir d sh -c 'echo ${N-none}'
  none
  $ rm d/N; perl -e 'use Socket; socket S, PF_UNIX, SOCK_STREAM, 0; bind S, sockaddr_un("d/S")'; envdir d true; s=$?; rm d/S; (exit $s)
  ! envdir: fatal: unable to read d/S: device not configured
  [111]
