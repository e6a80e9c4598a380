/* Reads and writes in every way that takes a descriptor and memory. */
#define _GNU_SOURCE
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#include <unistd.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <sys/socket.h>
#include <sys/sendfile.h>
#include <string.h>
#include <stdio.h>
int main(void){
 char b[100], c[5], d[70]; int p[2], s[2];
 pipe(p);
 write(p[1], "hello\n\0world abcdefghijklmnop", 28);
 read(p[0], b, 100);
 write(p[1], "", 0);
 write(p[1], "0123456789abcdef", 16);
 struct iovec v[3]={{c,5},{d,0},{d,70}};
 readv(p[0], v, 3);
 struct iovec w[3]={{"abc",3},{"",0},{"0123456789abcdefg",17}};
 writev(p[1], w, 3);
 readv(p[0], v, 3);
 int f=open("transfers.tmp",O_RDWR|O_CREAT|O_TRUNC,0600); unlink("transfers.tmp");
 pwrite(f,"qwerty",6,1); pread(f,b,100,0); pwritev(f,w,3,2); preadv(f,v,3,0); pwritev2(f,w,3,2,0); preadv2(f,v,3,0,0);
 socketpair(AF_UNIX,SOCK_DGRAM,0,s);
 send(s[0],"snd",3,0); recv(s[1],b,100,0);
 struct msghdr m={0}; m.msg_iov=w; m.msg_iovlen=3; sendmsg(s[0],&m,0);
 m.msg_iov=v; recvmsg(s[1],&m,0);
 struct mmsghdr mm[2]={0}; for(int i=0;i<2;i++){mm[i].msg_hdr.msg_iov=w+i*2; mm[i].msg_hdr.msg_iovlen=1;}
 sendmmsg(s[0],mm,2,0);
 for(int i=0;i<2;i++){mm[i].msg_hdr.msg_iov=v; mm[i].msg_hdr.msg_iovlen=3;}
 recvmmsg(s[1],mm,2,MSG_DONTWAIT,0);
 recv(s[1],b,10,MSG_DONTWAIT);
 lseek(f,0,SEEK_SET); sendfile(s[0],f,0,4); 
 write(-1,"x",1); read(f,(void*)1,5); write(f,(void*)1,5);
 v[0].iov_base=(void*)8; vmsplice(p[1],w,3,0); read(p[0],b,2); tee(p[0],p[1],1,0);splice(p[0],0,f,0,2,0);

 return 0; }
