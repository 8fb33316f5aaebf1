/* Probes of its own, as <sys/sdt.h> writes them, with arguments of every kind: `marked COUNT`. */
#include <stdlib.h>

/* ".byte" and not "nop": what is probed here has to be one whole instruction. */
#define NOTE(name, semaphore, operands)                                                                       \
    "990: nop\n"                                                                                              \
    ".pushsection .note.stapsdt,\"?\",\"note\"\n"                                                             \
    ".balign 4\n .4byte 992f-991f, 994f-993f, 3\n"                                                            \
    "991: .asciz \"stapsdt\"\n"                                                                               \
    "992: .balign 4\n"                                                                                        \
    "993: .8byte 990b\n .8byte _.stapsdt.base\n .8byte " semaphore "\n"                                       \
    " .asciz \"marked\"\n .asciz \"" name "\"\n .asciz \"" operands "\"\n"                                    \
    "994: .balign 4\n"                                                                                        \
    ".popsection\n"                                                                                           \
    ".ifndef _.stapsdt.base\n"                                                                                \
    ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                   \
    ".weak _.stapsdt.base\n .hidden _.stapsdt.base\n"                                                         \
    "_.stapsdt.base: .space 1\n .size _.stapsdt.base, 1\n"                                                    \
    ".popsection\n.endif\n"

unsigned short marked_guarded_semaphore __attribute__((section(".probes")));
long marked_total;
signed char marked_table[4] = {1, -2, 3, -4};

__attribute__((noipa)) void step(long number, int negative, long *in_memory)
{
    asm volatile(NOTE("step", "0", "8@%0 -4@%1 8@%2 -4@$-7 8@marked_total(%%rip) 1@%b0 -2@%w1")
                 :
                 : "r"(number), "r"(negative), "m"(*in_memory)
                 : "memory");
    asm volatile(NOTE("twice", "0", "8@%0") : : "r"(number));
    asm volatile(NOTE("twice", "0", "-4@%0") : : "r"(negative));
    asm volatile(NOTE("item", "0", "-1@marked_table(%%rip) -1@1(%0,%1,2)") : : "r"(marked_table), "r"(number & 1));
}

int main(int count, char **words)
{
    long rounds = count > 1 ? atol(words[1]) : 1;
    for (long i = 0; i < rounds; i++) {
        long local = i * i;
        marked_total += i;
        step(i, (int)-i, &local);
        if (marked_guarded_semaphore)
            asm volatile(NOTE("guarded", "marked_guarded_semaphore", "8@%0 4@$5") : : "r"(i));
        asm volatile(NOTE("plain", "0", ""));
    }
    return 0;
}
