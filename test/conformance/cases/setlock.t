Usage
  $ setlock
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]
  $ setlock lock
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]
  $ setlock -z lock true
  ! setlock: illegal option -- z
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]
  $ setlock -n
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]
  $ setlock -nN lock
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]
  $ setlock --
  ! setlock: usage: setlock [ -nNxX ] file program [ arg ... ]
  [100]

The file is made, kept and locked
  $ setlock lock sh -c 'setlock -n lock echo inner; echo $?'
  111
  ! setlock: fatal: unable to lock lock: temporary failure
  $ setlock lock echo again
  again
  $ setlock ./lock/ true
  ! setlock: fatal: unable to open ./lock/: is a directory
  [111]
  $ setlock sub/lock true
  ! setlock: fatal: unable to open sub/lock: file does not exist
  [111]
  $ umask 077; setlock other true; umask 0; setlock third true

Options: the last of n and N, and of x and X, counts
  $ setlock -n lock sh -c 'setlock -nN -n lock echo no; echo $?; setlock -Nn lock echo no; echo $?'
  111
  111
  ! setlock: fatal: unable to lock lock: temporary failure
  ! setlock: fatal: unable to lock lock: temporary failure
  $ setlock -n lock sh -c 'setlock -nx lock echo no; echo $?; setlock -nxX lock echo no; echo $?'
  0
  111
  ! setlock: fatal: unable to lock lock: temporary failure
  $ setlock -n lock sh -c 'setlock -n -x lock echo no; echo $?; setlock -xn -- lock echo no; echo $?'
  0
  0
  $ setlock -nN lock echo free
  free
  $ setlock -- -n echo a file with a dash; ls
  a file with a dash
  -n
  lock

Silent and loud, when the file cannot be opened
  $ mkdir d; setlock d true
  ! setlock: fatal: unable to open d: is a directory
  [111]
  $ setlock -x d true
  $ setlock -x d/no/lock true
  $ setlock -X d/no/lock true
  ! setlock: fatal: unable to open d/no/lock: file does not exist
  [111]
  $ ln -s loop loop; setlock loop true
  ! setlock: fatal: unable to open loop: symbolic link loop
  [111]
  $ setlock '' true
  ! setlock: fatal: unable to open : file does not exist
  [111]
  $ setlock "$(printf 'no\377dir/x')" true
  ! setlock: fatal: unable to open no\xffdir/x: file does not exist
  [111]
  $ touch mine; chmod 600 mine; as_nobody setlock mine true
  ! setlock: fatal: unable to open mine: access denied
  [111]
  $ as_nobody setlock new true
  ! setlock: fatal: unable to open new: access denied
  [111]
  $ as_nobody setlock -x new true

A name that is no text
  $ f=$(printf 'l\377k'); setlock "$f" sh -c 'setlock -n "$1" echo no' sh "$f"; ls | od -An -tx1
   6c ff 6b 0a
  ! setlock: fatal: unable to lock l\xffk: temporary failure

It waits for the lock
  $ mkfifo go; (setlock lock sh -c 'echo >held; read x <go' &) ; until_ test -e held
  $ (setlock lock echo second has it; echo done >second) & sleep 0.2; [ ! -e second ] && echo waiting; echo >go; until_ test -e second
  waiting
  second has it

The child inherits the lock, and gives it up with its last descriptor
  $ setlock lock sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >pid'
  $ setlock -n lock true
  ! setlock: fatal: unable to lock lock: temporary failure
  [111]
  $ kill $(cat pid); rm pid; until_ setlock -n lock true; echo free
  free

Programs that cannot be run
  $ setlock lock ./nosuch
  ! setlock: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ setlock -x lock ./nosuch
  ! setlock: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ setlock lock sh -c 'exit 5'
  [5]

A FIFO, a device
  $ mkfifo f; setlock f true
  ! setlock: fatal: unable to open f: device not configured
  [111]
  $ setlock /dev/null echo locked
  locked
