Usage
  $ envuidgid
  ! envuidgid: usage: envuidgid account child
  [100]
  $ envuidgid root
  ! envuidgid: usage: envuidgid account child
  [100]

Accounts that are none
  $ envuidgid nosuchuser true
  ! envuidgid: fatal: unknown account nosuchuser
  [111]
  $ envuidgid '' true
  ! envuidgid: fatal: unknown account 
  [111]
  $ envuidgid 0 true
  ! envuidgid: fatal: unknown account 0
  [111]

UID and GID are set; nothing else changes
  $ envuidgid nobody sh -c 'echo $UID $GID; id -u'
  65534 65534
  0
  $ envuidgid root sh -c 'echo $UID $GID'
  0 0
  $ UID=1 GID=2 env UID=1 GID=2 envuidgid daemon sh -c 'echo $UID $GID'
  1 1
  $ as_nobody envuidgid root sh -c 'echo $UID $GID; id -u'
  0 0
  65534

The order of the environment
  $ env -i PATH="$PATH" A=1 UID=x B=2 GID=y C=3 envuidgid nobody env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  A=1
  GID=65534
  B=2
  C=3
  UID=65534
  $ env -i PATH="$PATH" A=1 envuidgid nobody env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  A=1
  GID=65534
  UID=65534
  $ env -i PATH="$PATH" UIDX=1 UID=2 envuidgid nobody env
  PATH=BIN:/usr/bin:/bin:/usr/sbin:/sbin:/usr/bin
  UIDX=1
  GID=65534
  UID=65534

Programs that cannot be run
  $ envuidgid nobody ./nosuch
  ! envuidgid: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ envuidgid nobody ''
  ! envuidgid: fatal: unable to run : access denied
  [111]
