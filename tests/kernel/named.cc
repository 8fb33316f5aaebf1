// Functions whose names the compiler of their language mangles: C++'s own, and Rust's as labels. Called 40 times each.

namespace ns {
struct Thing {
    __attribute__((noinline)) long twice(long x) { __asm__ volatile("" : "+r"(x)); return 2 * x; }
    __attribute__((noinline)) long twice(int x, char y) { __asm__ volatile("" : "+r"(x)); return x + y; }
};
template <typename T> __attribute__((noinline)) T same(T x) { __asm__ volatile("" : "+r"(x)); return x; }
}

extern "C" __attribute__((noinline)) long v0(long x) __asm__("_RNvMNtCs6xxl1lAjzDf_1a5innerNtB2_1P5twice");
extern "C" long v0(long x) { __asm__ volatile("" : "+r"(x)); return x; }
extern "C" __attribute__((noinline)) long legacy(long x) __asm__("_ZN1b5inner1P5twice17hf29ddde34ed91c40E");
extern "C" long legacy(long x) { __asm__ volatile("" : "+r"(x)); return x; }

int main() {
    ns::Thing thing;
    long sum = 0;
    for (int i = 0; i < 40; i++)
        sum += thing.twice(static_cast<long>(i)) + thing.twice(i, 'a') + ns::same(i) + v0(i) + legacy(i);
    return sum == 0;
}
