Usage
  $ pgrphack
  ! pgrphack: usage: pgrphack child
  [100]
  $ pgrphack -x
  ! pgrphack: fatal: unable to run -x: file does not exist
  [111]

A session of its own, same process
  $ (sh -c 'echo $$ >pid; exec pgrphack sh -c "echo \$\$ >own; cut -d\" \" -f5,6 /proc/self/stat >ids"'); [ "$(cat pid)" = "$(cat own)" ] && [ "$(cat ids)" = "$(cat own) $(cat own)" ] && echo same; rm pid own ids
  same

Leading a group already is no failure
  $ setsid -w pgrphack echo leader
  leader

Programs that cannot be run
  $ pgrphack ./nosuch
  ! pgrphack: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ pgrphack ''
  ! pgrphack: fatal: unable to run : access denied
  [111]
  $ pgrphack sh -c 'exit 3'
  [3]
