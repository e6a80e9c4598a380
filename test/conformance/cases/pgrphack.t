Usage
  $ pgrphack
  $ pgrphack -x

A session of its own, same process
  $ (sh -c 'echo $$ >pid; exec pgrphack sh -c "echo \$\$ >own; cut -d\" \" -f5,6 /proc/self/stat >ids"'); [ "$(cat pid)" = "$(cat own)" ] && [ "$(cat ids)" = "$(cat own) $(cat own)" ] && echo same; rm pid own ids

Leading a group already is no failure
  $ setsid -w pgrphack echo leader

Programs that cannot be run
  $ pgrphack ./nosuch
  $ pgrphack ''
  $ pgrphack sh -c 'exit 3'
