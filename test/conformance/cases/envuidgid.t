Usage
  $ envuidgid
  $ envuidgid root

Accounts that are none
  $ envuidgid nosuchuser true
  $ envuidgid '' true
  $ envuidgid 0 true

UID and GID are set; nothing else changes
  $ envuidgid nobody sh -c 'echo $UID $GID; id -u'
  $ envuidgid root sh -c 'echo $UID $GID'
  $ UID=1 GID=2 env UID=1 GID=2 envuidgid daemon sh -c 'echo $UID $GID'
  $ as_nobody envuidgid root sh -c 'echo $UID $GID; id -u'

The order of the environment
  $ env -i PATH="$PATH" A=1 UID=x B=2 GID=y C=3 envuidgid nobody env
  $ env -i PATH="$PATH" A=1 envuidgid nobody env
  $ env -i PATH="$PATH" UIDX=1 UID=2 envuidgid nobody env

Programs that cannot be run
  $ envuidgid nobody ./nosuch
  $ envuidgid nobody ''
