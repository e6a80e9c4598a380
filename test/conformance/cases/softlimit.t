Usage
  $ softlimit
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -z true
  ! softlimit: illegal option -- z
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o
  ! softlimit: option requires an argument -- o
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o 10
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o ten true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o '' true
  ! true: error while loading shared libraries: libc.so.6: cannot open shared object file: Error 24
  [127]
  $ softlimit -o 10x true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o -1 true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o 0x10 true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o ' 5' true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o == true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o +5 true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit --
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]

Each limit
  $ softlimit -c 0 sh -c 'ulimit -c'
  0
  $ softlimit -o 20 sh -c 'ulimit -n'
  20
  $ softlimit -o20 sh -c 'ulimit -n'
  20
  $ softlimit -f 51200 sh -c 'ulimit -f'
  100
  $ softlimit -t 100 sh -c 'ulimit -t'
  100
  $ softlimit -s 1048576 sh -c 'ulimit -s'
  1024
  $ softlimit -d 104857600 sh -c 'ulimit -d'
  102400
  $ softlimit -l 65536 sh -c 'ulimit -l'
  64
  $ softlimit -p 5000 sh -c 'ulimit -p'
  5000
  $ softlimit -r 10485760 sh -c 'grep resident /proc/self/limits'
  Max resident set          10485760             unlimited            bytes     
  $ softlimit -a 104857600 sh -c 'ulimit -v'
  102400
  $ softlimit -m 104857600 sh -c 'ulimit -d; ulimit -s; ulimit -l; ulimit -v'
  102400
  102400
  8192
  102400
  $ softlimit -c 0 -o 30 -t 50 sh -c 'ulimit -c; ulimit -n; ulimit -t'
  0
  30
  50
  $ softlimit -co 30 true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -o 20 -o 40 sh -c 'ulimit -n'
  40

The hard limit stays, caps numbers, and is what = stands for
  $ prlimit --nofile=50:100 softlimit -o = sh -c 'ulimit -n; ulimit -Hn'
  100
  100
  $ prlimit --nofile=50:100 softlimit -o 1000 sh -c 'ulimit -n; ulimit -Hn'
  100
  100
  $ prlimit --nofile=50:100 softlimit -o 60 sh -c 'ulimit -n; ulimit -Hn'
  60
  100
  $ prlimit --core=0:0 softlimit -c 1000 sh -c 'ulimit -c; ulimit -Hc'
  0
  0
  $ prlimit --core=0:1024 softlimit -c = sh -c 'ulimit -c; ulimit -Hc'
  2
  2
  $ prlimit --nofile=100:100 softlimit -o 99999999999999999999999 sh -c 'ulimit -n'
  100
  $ softlimit -c 18446744073709551615 sh -c 'ulimit -c'
  unlimited
  $ softlimit -c 18446744073709551616 sh -c 'ulimit -c'
  0

An option's value that is wrong, after one that was right
  $ softlimit -o 20 -c no true
  ! softlimit: usage: softlimit [-a allbytes] [-c corebytes] [-d databytes] [-f filebytes] [-l lockbytes] [-m membytes] [-o openfiles] [-p processes] [-r residentbytes] [-s stackbytes] [-t cpusecs] child
  [100]
  $ softlimit -c 0 -- sh -c 'ulimit -c'
  0

Programs that cannot be run
  $ softlimit ./nosuch
  ! softlimit: fatal: unable to run ./nosuch: file does not exist
  [111]
  $ softlimit -o 20 nosuch
  ! softlimit: fatal: unable to run nosuch: file does not exist
  [111]
  $ softlimit -o 20 ''
  ! softlimit: fatal: unable to run : access denied
  [111]
  $ softlimit -o 20 sh -c 'exit 6'
  [6]
  $ softlimit -a 1000000 true 2>/dev/null; [ $? != 0 ]
