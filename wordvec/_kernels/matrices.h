/* The shape that small square matrices of d rows have in memory: WV_ROWS(d) rows of WV_STRIDE(d) numbers. */
#ifndef WORDVEC_MATRICES_H
#define WORDVEC_MATRICES_H
#define WV_ROWS(d) (((d) + 3) / 4 * 4)
#define WV_STRIDE(d) (((d) + 7) / 8 * 8)
#endif
