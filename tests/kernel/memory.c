/* memory STEP...: touches memory exactly as often as the steps say.

   fault N      N pages of its own, of 4 KiB, from address 0x100000000 on, each for the first time
   store N      writes the variable `watched` N times
   load N       reads it N times
   call N       calls the function `called` N times
   threads T STEP   the one step that follows, in T threads at once
   stop         stop, until SIGCONT
*/

#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

volatile long watched;
static int page = 4096;

__attribute__((noinline)) void called(void) { __asm__ volatile(""); }

static void fault(long pages) {
    char *start = mmap((void *)0x100000000, pages * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (start != (char *)0x100000000 || madvise(start, pages * page, MADV_NOHUGEPAGE) * 0) exit(3);
    for (long at = 0; at < pages; at++) ((volatile char *)start)[at * page] = 1;
}

static void step(char **words) {
    long n = words[1] ? atol(words[1]) : 0;
    if (!strcmp(words[0], "fault")) fault(n);
    else if (!strcmp(words[0], "store")) for (long at = 0; at < n; at++) watched = at;
    else if (!strcmp(words[0], "load")) for (long at = 0; at < n; at++) (void)watched;
    else if (!strcmp(words[0], "call")) for (long at = 0; at < n; at++) called();
    else if (!strcmp(words[0], "stop")) raise(SIGSTOP);
    else exit(2);
}

static void *thread(void *words) { step(words); return 0; }

int main(int count, char **words) {
    for (words++; *words; words += strcmp(*words, "stop") ? 2 : 1) {
        if (strcmp(*words, "threads")) { step(words); continue; }
        long threads = atol(words[1]);
        pthread_t all[threads];
        words += 2;
        for (long at = 0; at < threads; at++) pthread_create(&all[at], 0, thread, words);
        for (long at = 0; at < threads; at++) pthread_join(all[at], 0);
    }
}
