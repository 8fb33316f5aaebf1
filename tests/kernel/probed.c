/* Functions that are called a known number of times, to be probed: `probed THREADS CALLS`. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROBED __attribute__((noipa))

static long calls;

PROBED long work_double(long value, int more) { return 2 * value + more; }
PROBED long work_negative(long value) { return -value; }
PROBED long work_six(long a, long b, long c, long d, long e, long f) { return a + b + c + d + e + f; }
PROBED const char *other_name(const char *name) { return name + 1; }
PROBED static long hidden(long value) { return value + 3; }

static void *run(void *unused)
{
    for (long i = 0; i < calls; i++)
        work_double(i, 1);
    return unused;
}

int main(int count, char **words)
{
    long threads = count > 1 ? atol(words[1]) : 1;
    calls = count > 2 ? atol(words[2]) : 1;
    pthread_t started[64];
    for (long i = 0; i < threads; i++)
        pthread_create(&started[i], NULL, run, NULL);
    for (long i = 0; i < threads; i++)
        pthread_join(started[i], NULL);
    for (long i = 0; i < 7; i++)
        work_negative(i);
    for (long i = 0; i < 5; i++)
        hidden(i);
    work_six(1, -2, 3, -4, 5, -6);
    char name[16];
    strcpy(name, "a name");
    return other_name(name) != name + 1;
}
