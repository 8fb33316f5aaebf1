/* Waits a while, makes five system calls from code that it has written itself, and waits again.
 * With a word, the kernel's tools/perf is told the name of that code. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* push %rbp; mov %rsp,%rbp; mov $110,%eax (getppid); syscall; pop %rbp; ret */
static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0x5d, 0xc3};

__attribute__((noipa)) long calls_it(long (*written)(void))
{
    long result = written();
    asm volatile("");
    return result + 1;
}

int main(int count, char **words)
{
    char *place = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        return 1;
    memcpy(place, code, sizeof code);
    if (count > 1) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
        FILE *file = fopen(path, "w");
        if (!file)
            return 2;
        fprintf(file, "%lx %zx %s\n", (unsigned long)place, sizeof code, words[1]);
        fclose(file);
    }
    usleep(300000);
    for (int i = 0; i < 5; i++)
        if (calls_it((long (*)(void))place) < 0)
            return 3;
    usleep(300000);
    return 0;
}
