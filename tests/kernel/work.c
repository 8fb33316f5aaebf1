/* work STEP...: makes exactly the system calls that the steps say, and no others of their kind.

   getppid N | getpgid N      N calls; getpgid with the arguments 0 to N - 1
   read SIZE N | write SIZE N N calls on /dev/zero and /dev/null, each of SIZE bytes, all of which go through
   close N                    N calls on descriptors that are not open: each returns -9
   open PATH                  open(2) itself, not openat(2), which C libraries call
   stop                       stop, until SIGCONT
   spin                       use the processor for ever
   sleep N                    N sleeps of a millisecond
   threads T STEP             the one step that follows, in T threads at once
*/

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char **next;
static pthread_barrier_t together;

static long number(char **from, int index) { return from[index] ? atol(from[index]) : 0; }

static void transfer(int call, const char *path, int mode, long size, long times) {
    char *buffer = calloc(1, size);
    int file = syscall(SYS_openat, AT_FDCWD, path, mode);
    if (!buffer || file < 0) exit(3);
    for (long i = 0; i < times; i++)
        if (syscall(call, file, buffer, size) != size) exit(4);
    free(buffer);
}

static int step(char **words) { /* how many words it takes */
    const char *name = words[0];
    long n = number(words, 1);
    struct timespec nap = {0, 1000000};
    if (!strcmp(name, "getppid")) { for (long i = 0; i < n; i++) syscall(SYS_getppid); return 2; }
    if (!strcmp(name, "getpgid")) { for (long i = 0; i < n; i++) syscall(SYS_getpgid, i); return 2; }
    if (!strcmp(name, "close")) { for (long i = 0; i < n; i++) syscall(SYS_close, 10000); return 2; }
    if (!strcmp(name, "sleep")) { for (long i = 0; i < n; i++) nanosleep(&nap, 0); return 2; }
    if (!strcmp(name, "read")) { transfer(SYS_read, "/dev/zero", O_RDONLY, n, number(words, 2)); return 3; }
    if (!strcmp(name, "write")) { transfer(SYS_write, "/dev/null", O_WRONLY, n, number(words, 2)); return 3; }
    if (!strcmp(name, "open")) { syscall(SYS_open, words[1], O_RDONLY); return 2; }
    if (!strcmp(name, "stop")) { raise(SIGSTOP); return 1; }
    if (!strcmp(name, "spin")) for (;;) __asm__ volatile("");
    exit(2);
}

static void *thread(void *words) {
    pthread_barrier_wait(&together);
    step(words);
    return 0;
}

static int threads(char **words) {
    long count = number(words, 1);
    pthread_t *all = calloc(count, sizeof *all);
    pthread_barrier_init(&together, 0, count);
    for (long i = 0; i < count; i++)
        if (pthread_create(&all[i], 0, thread, words + 2)) exit(5);
    for (long i = 0; i < count; i++) pthread_join(all[i], 0);
    next = words + 2;
    while (*next && (strspn(*next, "0123456789") == strlen(*next) || next == words + 2)) next++;
    return next - words;
}

int main(int count, char **words) {
    (void)count;
    for (words++; *words;) words += strcmp(*words, "threads") ? step(words) : threads(words);
    return 0;
}
