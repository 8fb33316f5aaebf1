/* stacks BITS TIMES: getppid(2) from 2**BITS different stacks, TIMES from each: a or b at each level, by a bit. */

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int sink;

static void a(int bits, int left);
static void b(int bits, int left);

static void down(int bits, int left) {
    if (!left)
        syscall(SYS_getppid);
    else if (bits & 1)
        a(bits >> 1, left - 1);
    else
        b(bits >> 1, left - 1);
    sink++; /* so that no call is a jump */
}

static __attribute__((noinline)) void a(int bits, int left) { down(bits, left); sink++; }
static __attribute__((noinline)) void b(int bits, int left) { down(bits, left); sink++; }

int main(int argc, char **argv) {
    int bits = atoi(argv[1]), times = atoi(argv[2]);
    for (int time = 0; time < times; time++)
        for (int number = 0; number < 1 << bits; number++)
            a(number, bits);
    return 0;
}
