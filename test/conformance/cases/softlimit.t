Usage
  $ softlimit
  $ softlimit -z true
  $ softlimit -o
  $ softlimit -o 10
  $ softlimit -o ten true
  $ softlimit -o '' true
  $ softlimit -o 10x true
  $ softlimit -o -1 true
  $ softlimit -o 0x10 true
  $ softlimit -o ' 5' true
  $ softlimit -o == true
  $ softlimit -o +5 true
  $ softlimit --

Each limit
  $ softlimit -c 0 sh -c 'ulimit -c'
  $ softlimit -o 20 sh -c 'ulimit -n'
  $ softlimit -o20 sh -c 'ulimit -n'
  $ softlimit -f 51200 sh -c 'ulimit -f'
  $ softlimit -t 100 sh -c 'ulimit -t'
  $ softlimit -s 1048576 sh -c 'ulimit -s'
  $ softlimit -d 104857600 sh -c 'ulimit -d'
  $ softlimit -l 65536 sh -c 'ulimit -l'
  $ softlimit -p 5000 sh -c 'ulimit -p'
  $ softlimit -r 10485760 sh -c 'grep resident /proc/self/limits'
  $ softlimit -a 104857600 sh -c 'ulimit -v'
  $ softlimit -m 104857600 sh -c 'ulimit -d; ulimit -s; ulimit -l; ulimit -v'
  $ softlimit -c 0 -o 30 -t 50 sh -c 'ulimit -c; ulimit -n; ulimit -t'
  $ softlimit -co 30 true
  $ softlimit -o 20 -o 40 sh -c 'ulimit -n'

The hard limit stays, caps numbers, and is what = stands for
  $ prlimit --nofile=50:100 softlimit -o = sh -c 'ulimit -n; ulimit -Hn'
  $ prlimit --nofile=50:100 softlimit -o 1000 sh -c 'ulimit -n; ulimit -Hn'
  $ prlimit --nofile=50:100 softlimit -o 60 sh -c 'ulimit -n; ulimit -Hn'
  $ prlimit --core=0:0 softlimit -c 1000 sh -c 'ulimit -c; ulimit -Hc'
  $ prlimit --core=0:1024 softlimit -c = sh -c 'ulimit -c; ulimit -Hc'
  $ prlimit --nofile=100:100 softlimit -o 99999999999999999999999 sh -c 'ulimit -n'
  $ softlimit -c 18446744073709551615 sh -c 'ulimit -c'
  $ softlimit -c 18446744073709551616 sh -c 'ulimit -c'

An option's value that is wrong, after one that was right
  $ softlimit -o 20 -c no true
  $ softlimit -c 0 -- sh -c 'ulimit -c'

Programs that cannot be run
  $ softlimit ./nosuch
  $ softlimit -o 20 nosuch
  $ softlimit -o 20 ''
  $ softlimit -o 20 sh -c 'exit 6'
  $ softlimit -a 1000000 true 2>/dev/null; [ $? != 0 ]
