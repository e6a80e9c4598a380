Usage
  $ setlock
  $ setlock lock
  $ setlock -z lock true
  $ setlock -n
  $ setlock -nN lock
  $ setlock --

The file is made, kept and locked
  $ setlock lock sh -c 'setlock -n lock echo inner; echo $?'
  $ setlock lock echo again
  $ setlock ./lock/ true
  $ setlock sub/lock true
  $ umask 077; setlock other true; umask 0; setlock third true

Options: the last of n and N, and of x and X, counts
  $ setlock -n lock sh -c 'setlock -nN -n lock echo no; echo $?; setlock -Nn lock echo no; echo $?'
  $ setlock -n lock sh -c 'setlock -nx lock echo no; echo $?; setlock -nxX lock echo no; echo $?'
  $ setlock -n lock sh -c 'setlock -n -x lock echo no; echo $?; setlock -xn -- lock echo no; echo $?'
  $ setlock -nN lock echo free
  $ setlock -- -n echo a file with a dash; ls

Silent and loud, when the file cannot be opened
  $ mkdir d; setlock d true
  $ setlock -x d true
  $ setlock -x d/no/lock true
  $ setlock -X d/no/lock true
  $ ln -s loop loop; setlock loop true
  $ setlock '' true
  $ setlock "$(printf 'no\377dir/x')" true
  $ touch mine; chmod 600 mine; as_nobody setlock mine true
  $ as_nobody setlock new true
  $ as_nobody setlock -x new true

A name that is no text
  $ f=$(printf 'l\377k'); setlock "$f" sh -c 'setlock -n "$1" echo no' sh "$f"; ls | od -An -tx1

It waits for the lock
  $ mkfifo go; (setlock lock sh -c 'echo first holds >&2; read x <go' &) ; until_ '! setlock -n lock true'
  $ (setlock lock echo second has it; echo done >second) & sleep 0.2; [ ! -e second ] && echo waiting; echo >go; until_ test -e second

The child inherits the lock, and gives it up with its last descriptor
  $ setlock lock sh -c 'sleep 1000 >/dev/null 2>&1 & echo $! >pid'
  $ setlock -n lock true
  $ kill $(cat pid); until_ setlock -n lock true; echo free

Programs that cannot be run
  $ setlock lock ./nosuch
  $ setlock -x lock ./nosuch
  $ setlock lock sh -c 'exit 5'
