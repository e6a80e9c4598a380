Usage
  $ fghack
  ! fghack: usage: fghack child
  [100]

The child's status
  $ fghack true
  $ fghack sh -c 'exit 3'
  [3]
  $ fghack sh -c 'exit 200'
  [200]
  $ fghack sh -c 'kill -TERM $$'
  ! fghack: fatal: child crashed
  [111]
  $ fghack sh -c 'kill -KILL $$'
  ! fghack: fatal: child crashed
  [111]

It stays as long as anything the child started does
  $ fghack sh -c '(sleep 0.3; echo late >late) >/dev/null 2>&1 & exit 4'; cat late
  late
  $ fghack sh -c '(exec 3>&- 4>&- 5>&- >/dev/null 2>&1; sleep 0.3; echo late >late2) & exit 0'; cat late2
  late
  $ fghack setsid sh -c '(sleep 0.3; echo late >late3) & exit 0'; cat late3
  late

Input and output are the child's
  $ echo text | fghack cat
  text
  $ fghack sh -c 'echo to stderr >&2'
  ! to stderr

Programs that cannot be run
  $ fghack ./nosuch
  ! fghack: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ fghack nosuch
  ! fghack: fatal: unable to run nosuch: file does not exist
  [111]
  $ fghack ''
  ! fghack: fatal: unable to run : access denied
  [111]
  $ fghack /
  ! fghack: fatal: unable to run /: access denied
  [111]
  $ printf 'plain\n' >plain; chmod 755 plain; fghack ./plain
  ! fghack: fatal: unable to run ./plain: exec format error
  [111]
  $ chmod 644 plain; fghack ./plain
  ! fghack: fatal: unable to run ./plain: access denied
  [111]
  $ mkdir a; cp plain a/prog; PATH=$PWD/a:$PATH fghack prog
  ! fghack: fatal: unable to run prog: access denied
  [111]
