/* Names of the vectors that simd_body.h defines for a level. They are macros of NAME, LANES and REAL, which levels.h
   sets, so they mean the vectors of whatever level is being compiled. */
#ifndef WORDVEC_SIMD_H
#define WORDVEC_SIMD_H
#include <math.h>
#include <string.h>

#define vec NAME(vec)   /* LANES numbers, in a register or at a multiple of their size in memory */
#define ivec NAME(ivec) /* LANES integers of the same width: what comparisons give, all bits 1 for true */
#define AT(p) (*(vec *)(p))           /* the vector at p, aligned */
#define LOOSE(p) (*(NAME(loose) *)(p)) /* the vector at p, aligned as a single number is */

/* Keep a vector in a register: GCC would read it from memory again for each of its uses, and reading is what a processor
   runs out of first where every product has an operand in memory. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#else
#define IN_REGISTER(x) ((void)0)
#endif

/* Lane i of a shuffle at distance h: the halves of both operands that are at their own place (OWN), or at the
   other (OTHER); the processor finds the former by a mask alone. */
#define OWN(i, h) ((((i) & (h)) ? LANES : 0) + (i))
#define OTHER(i, h) ((((i) & (h)) ? LANES : 0) + ((i) ^ (h)))
#define LIST_2(f, h, i) f(i, h), f(i + 1, h)
#define LIST_4(f, h, i) LIST_2(f, h, i), LIST_2(f, h, i + 2)
#define LIST_8(f, h, i) LIST_4(f, h, i), LIST_4(f, h, i + 4)
#define LIST_16(f, h, i) LIST_8(f, h, i), LIST_8(f, h, i + 8)
#define LIST_OF(lanes) LIST_##lanes
#define LIST(lanes) LIST_OF(lanes)
#if defined(__clang__)
#define SHUFFLE(a, b, f, h) __builtin_shufflevector(a, b, LIST(LANES)(f, h, 0))
#else
#define SHUFFLE(a, b, f, h) __builtin_shuffle(a, b, (ivec){LIST(LANES)(f, h, 0)})
#endif
#endif
