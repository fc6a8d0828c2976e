/* WV_PREFETCH(p): have memory brought to the cache, for it will be read soon. */
#ifndef WORDVEC_PREFETCH_H
#define WORDVEC_PREFETCH_H
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#define WV_PREFETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#elif defined(_MSC_VER)
#define WV_PREFETCH(p) ((void)(p))
#else
#define WV_PREFETCH(p) __builtin_prefetch(p)
#endif
#endif
