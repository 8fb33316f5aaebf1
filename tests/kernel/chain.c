/* work_a calls work_b calls work_c, which makes a system call: a chain that ustack has to show. */
#include <sys/syscall.h>
#include <unistd.h>

#define LINK __attribute__((noipa))

LINK long work_c(long value)
{
    long result;
    asm volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
    return result + value;
}

LINK long work_b(long value)
{
    long result = work_c(value);
    asm volatile("");
    return result + 1;
}

LINK long work_a(long value)
{
    long result = work_b(value);
    asm volatile("");
    return result + 1;
}

int main(int count, char **words)
{
    (void)words;
    for (int i = 0; i < 5; i++)
        if (work_a(i) < 0)
            return 1;
    return count > 1 && fork() == 0 ? work_a(0) < 0 : 0;
}
