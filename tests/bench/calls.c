/* calls N [THREADS]: N cheap system calls, getppid(2), in each of so many threads at once.

   Prints the nanoseconds of processor time that one call took: a busy machine hardly changes that, as it would
   the time that passes. */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long number;
static pthread_barrier_t together;

static long long spent(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void *calls(void *result) {
    pthread_barrier_wait(&together);
    long long before = spent();
    for (long i = 0; i < number; i++) syscall(SYS_getppid);
    *(long long *)result = spent() - before;
    return 0;
}

int main(int count, char **words) {
    int threads = count > 2 ? atoi(words[2]) : 1;
    long long results[64] = {0}, sum = 0;
    pthread_t all[64];
    number = count > 1 ? atol(words[1]) : 1000000;
    if (threads < 1 || threads > 64 || number < 1) return 2;
    pthread_barrier_init(&together, 0, threads);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&all[i], 0, calls, &results[i])) return 3;
    for (int i = 0; i < threads; i++) {
        pthread_join(all[i], 0);
        sum += results[i];
    }
    fprintf(stderr, "calls: %.2f ns\n", (double)sum / threads / number);
    return 0;
}
