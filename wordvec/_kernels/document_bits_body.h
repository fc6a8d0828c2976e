/* Documents that predict words by bits (Grzegorczyk and Kurdziel 2017), once for each group of word2vec_body.h. */

/* Bits of the document: s(r) of each number r of its row, rounded; s(0) becomes 0, so that padding stays 0. A bit of 1
   enters the scores as `bit`. */
TARGET INLINE void NAME(round_document)(NAME(state) *t) {
    const REAL *from = t->document;
    REAL *bits = t->bits;
    const REAL one = (REAL)t->w->bit;
    for (ptrdiff_t d = 0; d < t->w->dim; d++) bits[d] = from[d] > 0 ? one : 0;
    memset(t->bits_step, 0, t->w->dim * sizeof(REAL));
}

/* The row of the document takes the step of its bits times the slope of bit s(r), as if nothing had been rounded. */
TARGET INLINE void NAME(step_of_bits)(NAME(state) *t) {
    const REAL one = (REAL)t->w->bit;
    if (t->w->frozen_documents) return;
    for (ptrdiff_t d = 0; d < t->w->dim; d += LANES) {
        vec softplus;
        const vec s = NAME(logistic)(AT(t->document + d), &softplus);
        AT(t->document + d) += AT(t->bits_step + d) * s * (one - one * s);
    }
}
