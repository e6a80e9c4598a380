Usage
  $ setuidgid
  $ setuidgid root
  $ setuidgid ''
  $ setuidgid -u root true

Accounts that are none
  $ setuidgid nosuchuser true
  $ setuidgid '' true
  $ setuidgid 0 true
  $ setuidgid "$(printf 'no\377body')" true

The account, its group, and no other
  $ setuidgid nobody id
  $ setuidgid nobody sh -c 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
  $ setuidgid daemon id -un
  $ setuidgid root id

Without privilege
  $ as_nobody setuidgid root id
  $ as_nobody setuidgid nobody id
  $ setpriv --reuid=65534 --keep-groups setuidgid daemon true

Programs that cannot be run
  $ setuidgid nobody ./nosuch
  $ setuidgid nobody nosuch
  $ setuidgid nobody /
  $ setuidgid nobody ''
  $ mkdir d; setuidgid nobody ./d
  $ printf 'echo no interpreter line\n' >plain; chmod 755 plain; setuidgid nobody ./plain
  $ chmod 644 plain; setuidgid nobody ./plain
  $ printf '#!/no/such/shell\n' >noshell; chmod 755 noshell; setuidgid nobody ./noshell
  $ : >empty; chmod 755 empty; setuidgid nobody ./empty
  $ ln -s loop loop; setuidgid nobody ./loop
  $ setuidgid nobody "$(perl -e 'print "a" x 300')"
  $ setuidgid nobody "$(printf './no\377such')"
  $ setuidgid nobody plain/x

PATH: the first that can be executed; without one, /bin:/usr/bin
  $ mkdir a b c; printf '#!/bin/sh\necho a\n' >a/prog; printf '#!/bin/sh\necho b\n' >b/prog; chmod 755 b/prog
  $ PATH=$PWD/a:$PWD/b:$PATH setuidgid nobody prog
  $ PATH=$PATH:$PWD/a setuidgid nobody prog
  $ PATH=$PATH:$PWD/a:$PWD/nosuch setuidgid nobody prog
  $ mkdir c/prog; PATH=$PATH:$PWD/c setuidgid nobody prog
  $ PATH=$PATH:$PWD/a/prog setuidgid nobody prog
  $ (cd b; PATH=$PATH: setuidgid nobody prog)
  $ (cd b; PATH=:$PATH setuidgid nobody prog)
  $ printf 'no interpreter' >c/text; chmod 755 c/text; PATH=$PWD/c:$PATH setuidgid nobody text

The child's own status, and death
  $ setuidgid nobody sh -c 'exit 7'
  $ setuidgid nobody sh -c 'kill -KILL $$'
