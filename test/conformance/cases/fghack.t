Usage
  $ fghack

The child's status
  $ fghack true
  $ fghack sh -c 'exit 3'
  $ fghack sh -c 'exit 200'
  $ fghack sh -c 'kill -TERM $$'
  $ fghack sh -c 'kill -KILL $$'

It stays as long as anything the child started does
  $ fghack sh -c '(sleep 0.3; echo late >late) >/dev/null 2>&1 & exit 4'; cat late
  $ fghack sh -c '(exec 3>&- 4>&- 5>&- >/dev/null 2>&1; sleep 0.3; echo late >late2) & exit 0'; cat late2
  $ fghack setsid sh -c '(sleep 0.3; echo late >late3) & exit 0'; cat late3

Input and output are the child's
  $ echo text | fghack cat
  $ fghack sh -c 'echo to stderr >&2'

Programs that cannot be run
  $ fghack ./nosuch
  $ fghack nosuch
  $ fghack ''
  $ fghack /
  $ printf 'plain\n' >plain; chmod 755 plain; fghack ./plain
  $ chmod 644 plain; fghack ./plain
  $ mkdir a; cp plain a/prog; PATH=$PWD/a:$PATH fghack prog
