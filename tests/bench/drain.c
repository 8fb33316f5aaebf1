/* drain FD BYTES FILE: writes the events of `event` in floor.c as text, "pid comm argument", until SIGTERM.

   A ring buffer's memory is described in Documentation/bpf/ringbuf.rst. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char out[1 << 18];
static volatile sig_atomic_t ending;

static void end(int number) { ending = number; }

static char *decimal(char *at, unsigned long number) {
    char digits[20];
    int length = 0;
    do digits[length++] = '0' + number % 10; while (number /= 10);
    while (length) *at++ = digits[--length];
    return at;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int map = atoi(words[1]), file = open(words[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    unsigned long size = atol(words[2]), page = sysconf(_SC_PAGESIZE);
    unsigned long *consumer = mmap(0, page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    char *rest = mmap(0, page + 2 * size, PROT_READ, MAP_SHARED, map, page);
    if (file < 0 || consumer == MAP_FAILED || rest == MAP_FAILED) return 3;
    volatile unsigned long *producer = (void *)rest;
    signal(SIGTERM, end);
    puts("ready");
    fflush(stdout);
    for (int last = 0; !last;) {
        last = ending != 0;
        unsigned long at = *consumer, stop = *producer;
        char *write_at = out;
        while (at < stop) {
            char *record = rest + page + (at & (size - 1));
            unsigned int length = __atomic_load_n((unsigned int *)record, __ATOMIC_ACQUIRE);
            if (length >> 31) break;
            at += ((length & 0x3fffffff) + 15) & ~7u;
            if (!(length >> 30)) {
                unsigned long *words_of_it = (void *)(record + 8);
                write_at = decimal(write_at, words_of_it[2]);
                *write_at++ = ' ';
                for (char *name = (void *)(words_of_it + 3); *name; name++) *write_at++ = *name;
                *write_at++ = ' ';
                write_at = decimal(write_at, words_of_it[5]);
                *write_at++ = '\n';
            }
            if (write_at > out + sizeof out - 100) {
                if (write(file, out, write_at - out) < 0) return 4;
                write_at = out;
                __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
            }
        }
        if (write(file, out, write_at - out) < 0) return 4;
        __atomic_store_n(consumer, at, __ATOMIC_RELEASE);
        if (*producer - at < size / 8 && !last) poll(0, 0, 4);
    }
    return 0;
}
