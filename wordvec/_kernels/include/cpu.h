/* The compiler and the processor: the macros that every kernel is written with, and what the machine can do.

   A SIMD level is a set of instructions for which the kernels are compiled (levels.h). Levels are numbers, so that they
   index tables of functions; the module `simd` chooses one. On processors other than x86-64 there is the baseline alone,
   which the compiler turns into their own vectors (NEON on aarch64). */
#ifndef WORDVEC_CPU_H
#define WORDVEC_CPU_H
#include <stddef.h>
#include <stdint.h>

#define WV_BASELINE 0
#define WV_AVX2 1   /* AVX2, FMA and POPCNT */
#define WV_AVX512 2 /* AVX-512 F, VL, DQ, BW and CD as well */
#define WV_AVX512_BF16 3 /* AVX-512 BF16 as well, for kernels whose products may be of rounded numbers */
#define WV_LEVELS 3      /* of most kernels, to which WV_AVX512_BF16 is WV_AVX512 */
static const char *const wv_level_names[WV_LEVELS + 1] = {"baseline", "avx2", "avx512", "avx512bf16"};

#if defined(__GNUC__) /* GCC and clang */
#define WV_VECTORS 1
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline)) /* a loop that has all registers to itself is faster */
#define PREFETCH(p) __builtin_prefetch(p)             /* memory that will be read soon */
#define PREFETCH_FAR(p) __builtin_prefetch(p, 0, 2)   /* into the second cache: for what is read once, in order */
#define PREFETCH_WRITE(p) __builtin_prefetch(p, 1, 2) /* and written */
#else /* plain C, without vectors */
#define WV_VECTORS 0
#define INLINE static __inline
#define NOINLINE
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#define PREFETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#else
#define PREFETCH(p) ((void)(p))
#endif
#define PREFETCH_FAR(p) PREFETCH(p)
#define PREFETCH_WRITE(p) PREFETCH(p)
#endif

/* UNROLL before a loop of a constant number of rounds, 16 at most: every round is written out. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif

/* Whether the compiler has AVX-512 BF16. */
#if defined(__clang__)
#define WV_KNOWS_BF16 (__clang_major__ >= 9)
#elif defined(__GNUC__)
#define WV_KNOWS_BF16 (__GNUC__ >= 10)
#else
#define WV_KNOWS_BF16 0
#endif

#if WV_VECTORS && defined(__x86_64__)
#define WV_X86 1
#include <cpuid.h>
#include <immintrin.h>
#else
#define WV_X86 0
#endif

/* The best level of this machine. */
static inline int wv_machine_level(void)
{
#if WV_X86
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("popcnt"))
        return WV_BASELINE;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")
        || !__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512cd"))
        return WV_AVX2;
#if WV_KNOWS_BF16
    if (__builtin_cpu_supports("avx512bf16"))
        return WV_AVX512_BF16;
#endif
    return WV_AVX512;
#else
    return WV_BASELINE;
#endif
}

/* The level that is used where none is named. Products of bfloat16 are known to pay on processors of AMD (Zen 4: twice the
   products of float32 in the same time); others have to be asked for them. */
static inline int wv_usual_level(void)
{
    const int best = wv_machine_level();
#if WV_X86
    if (best == WV_AVX512_BF16 && !__builtin_cpu_is("amd"))
        return WV_AVX512;
#endif
    return best;
}

/* Features beyond the levels. A function that needs one falls back alone where the machine lacks it. */
static inline int wv_has_f16c(void) /* conversion of halves; asked of machines with AVX2 */
{
#if WV_X86
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
#else
    return 0;
#endif
}

/* A bit of the third register of leaf 7; asked of machines with AVX-512. */
static inline int wv_has_feature(int bit)
{
#if WV_X86
    unsigned a, b, c = 0, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c >> bit & 1);
#else
    (void)bit;
    return 0;
#endif
}
#define wv_has_vbmi() wv_has_feature(1)       /* tables of bytes in two vectors */
#define wv_has_vnni() wv_has_feature(11)      /* sums of products of bytes */
#endif
