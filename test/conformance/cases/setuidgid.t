Usage
  $ setuidgid
  ! setuidgid: usage: setuidgid account child
  [100]
  $ setuidgid root
  ! setuidgid: usage: setuidgid account child
  [100]
  $ setuidgid ''
  ! setuidgid: usage: setuidgid account child
  [100]
  $ setuidgid -u root true
  ! setuidgid: fatal: unknown account -u
  [111]

Accounts that are none
  $ setuidgid nosuchuser true
  ! setuidgid: fatal: unknown account nosuchuser
  [111]
  $ setuidgid '' true
  ! setuidgid: fatal: unknown account 
  [111]
  $ setuidgid 0 true
  ! setuidgid: fatal: unknown account 0
  [111]
  $ setuidgid "$(printf 'no\377body')" true
  ! setuidgid: fatal: unknown account no\xffbody
  [111]

The account, its group, and no other
  $ setuidgid nobody id
  uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)
  $ setuidgid nobody sh -c 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
  Uid:\x0965534\x0965534\x0965534\x0965534
  Gid:\x0965534\x0965534\x0965534\x0965534
  Groups:\x0965534 
  $ setuidgid daemon id -un
  daemon
  $ setuidgid root id
  uid=0(root) gid=0(root) groups=0(root)

Without privilege
  $ as_nobody setuidgid root id
  ! setuidgid: fatal: unable to setgid: permission denied
  [111]
  $ as_nobody setuidgid nobody id
  ! setuidgid: fatal: unable to setgid: permission denied
  [111]
  $ setpriv --reuid=65534 --keep-groups setuidgid daemon true
  ! setuidgid: fatal: unable to setgid: permission denied
  [111]

Programs that cannot be run
  $ setuidgid nobody ./nosuch
  ! setuidgid: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ setuidgid nobody nosuch
  ! setuidgid: fatal: unable to run nosuch: file does not exist
  [111]
  $ setuidgid nobody /
  ! setuidgid: fatal: unable to run /: access denied
  [111]
  $ setuidgid nobody ''
  ! setuidgid: fatal: unable to run : access denied
  [111]
  $ mkdir d; setuidgid nobody ./d
  ! setuidgid: fatal: unable to run ./d: access denied
  [111]
  $ printf 'echo no interpreter line\n' >plain; chmod 755 plain; setuidgid nobody ./plain
  ! setuidgid: fatal: unable to run ./plain: exec format error
  [111]
  $ chmod 644 plain; setuidgid nobody ./plain
  ! setuidgid: fatal: unable to run ./plain: access denied
  [111]
  $ printf '#!/no/such/shell\n' >noshell; chmod 755 noshell; setuidgid nobody ./noshell
  ! setuidgid: fatal: unable to run ./noshell: file does not exist
  [111]
  $ : >empty; chmod 755 empty; setuidgid nobody ./empty
  ! setuidgid: fatal: unable to run ./empty: exec format error
  [111]
  $ ln -s loop loop; setuidgid nobody ./loop
  ! setuidgid: fatal: unable to run ./loop: symbolic link loop
  [111]
  $ setuidgid nobody "$(perl -e 'print "a" x 300')"
  ! setuidgid: fatal: unable to run aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: file name too long
  [111]
  $ setuidgid nobody "$(printf './no\377such')"
  ! setuidgid: fatal: unable to run ./no\xffsuch: file does not exist
  [111]
  $ setuidgid nobody plain/x
  ! setuidgid: fatal: unable to run plain/x: not a directory
  [111]

PATH: the first that can be executed; without one, /bin:/usr/bin
  $ mkdir a b c; printf '#!/bin/sh\necho a\n' >a/prog; printf '#!/bin/sh\necho b\n' >b/prog; chmod 755 b/prog
  $ PATH=$PWD/a:$PWD/b:$PATH setuidgid nobody prog
  b
  $ PATH=$PATH:$PWD/a setuidgid nobody prog
  ! setuidgid: fatal: unable to run prog: access denied
  [111]
  $ PATH=$PATH:$PWD/a:$PWD/nosuch setuidgid nobody prog
  ! setuidgid: fatal: unable to run prog: access denied
  [111]
  $ mkdir c/prog; PATH=$PATH:$PWD/c setuidgid nobody prog
  ! setuidgid: fatal: unable to run prog: access denied
  [111]
  $ PATH=$PATH:$PWD/a/prog setuidgid nobody prog
  ! setuidgid: fatal: unable to run prog: not a directory
  [111]
  $ (cd b; PATH=$PATH: setuidgid nobody prog)
  b
  $ (cd b; PATH=:$PATH setuidgid nobody prog)
  b
  $ printf 'no interpreter' >c/text; chmod 755 c/text; PATH=$PWD/c:$PATH setuidgid nobody text
  ! setuidgid: fatal: unable to run text: exec format error
  [111]

The child's own status, and death
  $ setuidgid nobody sh -c 'exit 7'
  [7]
  $ setuidgid nobody sh -c 'kill -KILL $$'
  ! Killed
  [137]
