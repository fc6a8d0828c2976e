/* Skip-gram of words with several senses over a run of sentences.

   The vectors of the senses of a word are the rows of a block, the output rows of all words of its window are the columns,
   each once: the inner nodes near the root are on most paths. A weight says how often each label is wanted. So the score
   of a sense and an output row is computed once, and serves the choice of the sense as well as its step. */

#include "block_body.h"
#include "senses_state_body.h"
#include "senses_choice_body.h"

/* The column of an output row, a new one where there is none yet. */
TARGET INLINE int NAME(column_of)(NAME(senses_state) *t, int32_t row)
{
    if (t->slot[row]) return t->slot[row] - 1;
    const int q = t->columns++;
    t->slot[row] = q + 1;
    t->column[q] = row;
    t->y[q] = t->output + row * t->w->dim;
    t->one[q] = t->both[q] = 0;
    return q;
}

/* The output rows of the words in a window, and of noise, with the weights of their labels. */
TARGET static void NAME(find_columns)(
    NAME(senses_state) *t,
    const int32_t *s, /* IN [n] words of the sentence */
    int64_t n,
    int64_t i)        /* IN position of the centre */
{
    const struct wv_senses *w = t->w;
    const int64_t reach = w->shrink ? 1 + wv_below(wv_draw(&t->random), w->window) : w->window;
    const int64_t from = i > reach ? i - reach : 0, to = i + reach + 1 < n ? i + reach + 1 : n;
    t->columns = t->pairs = 0;
    for (int64_t j = from; j < to; j++) {
        if (j == i) continue;
        t->pairs++;
        if (w->path == NULL) {
            const int q = NAME(column_of)(t, s[j]);
            t->one[q] += 1, t->both[q] += 1;
            continue;
        }
        for (int64_t k = w->path_offsets[s[j]]; k < w->path_offsets[s[j] + 1]; k++) {
            const int q = NAME(column_of)(t, w->path[k]);
            t->one[q] += (REAL)!w->code[k], t->both[q] += 1;
        }
    }
    for (int k = 0; k < w->pool && t->pairs; k++) {
        const int q = NAME(column_of)(t, wv_alias_word(w->alias, w->words, wv_draw(&t->random)));
        t->both[q] += (REAL)w->noise_weight * ((REAL)t->pairs - t->one[q]);
    }
    for (int q = 0; q < t->columns; q++) t->slot[t->column[q]] = 0;
}

/* Fill the last block with columns that weigh nothing, and lay out the weights as the tiles are; the number of blocks. */
TARGET static int NAME(pad_columns)(NAME(senses_state) *t)
{
    const int blocks = (t->columns + 7) / 8;
    for (int q = t->columns; q < 8 * blocks; q++) t->one[q] = t->both[q] = 0, t->y[q] = t->zero;
    for (int k = 0; k < blocks; k++)
        for (int i = 0; i < TILE_ROWS; i++) {
            memcpy(t->ones + 8 * (TILE_ROWS * k + i), t->one + 8 * k, 8 * sizeof(REAL));
            memcpy(t->boths + 8 * (TILE_ROWS * k + i), t->both + 8 * k, 8 * sizeof(REAL));
        }
    return blocks;
}

/* The scores of some rows and all columns; their residuals A - B s(z) in `z`, and the log likelihood of each row. */
TARGET static void NAME(fits)(NAME(senses_state) *t, REAL **x, int rows, int blocks)
{
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    if (even > rows) x[rows] = t->zero;
    for (int k = 0; k < blocks; k++) NAME(scores)(x, even, t->y + 8 * k, t->w->dim, t->z + 8 * even * k);
    for (int p = 0; p < even; p += TILE_ROWS) {
        vec loss = (vec){0};
        for (int k = 0; k < blocks; k++)
            for (int q = 0; q < 8; q += TILE_COLUMNS) {
                REAL *at = t->z + 8 * (even * k + p) + q;
                const vec score = AT(at), one = AT(t->ones + 8 * TILE_ROWS * k + q);
                const vec both = AT(t->boths + 8 * TILE_ROWS * k + q);
                vec softplus;
                const vec s = NAME(logistic)(score, &softplus);
#if LANES == 1
                loss += both * softplus + (score > 0 ? both * score : 0) - one * score;
#else
                loss += both * softplus + (vec)((score > (vec){0}) & (ivec)(both * score)) - one * score;
#endif
                AT(at) = one - both * s;
            }
        REAL lanes[LANES];
        memcpy(lanes, &loss, sizeof lanes);
        for (int i = 0; i < TILE_ROWS && p + i < rows; i++) {
            t->fit[p + i] = 0;
            for (int q = 0; q < TILE_COLUMNS; q++) t->fit[p + i] -= lanes[i * TILE_COLUMNS + q];
        }
    }
}

/* The step of the rows that learn, each by its share, and of all columns, from the values before it. */
TARGET static void NAME(take_step)(NAME(senses_state) *t, int blocks)
{
    const ptrdiff_t dim = t->w->dim;
    const int even = (t->rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    int place[WV_MOST_SENSES], count = 0;
    for (int p = 0; p < t->rows; p++)
        if (t->share[p] >= t->w->least) {
            memcpy(t->copy[count], t->x[p], dim * sizeof(REAL));
            t->x[count] = t->x[p];
            place[count++] = p;
        }
    for (int k = 0; k < blocks; k++) {
        REAL *g = t->g + 8 * count * k;
        for (int i = 0; i < count; i++) {
            const REAL rate = t->alpha * (REAL)t->share[place[i]];
            const REAL *from = t->z + 8 * (even * k + place[i]);
            for (int q = 0; q < 8; q++) g[8 * i + q] = rate * from[q];
        }
        NAME(step)(t->copy, t->x, count, t->y + 8 * k, dim, g, &t->ahead, 0);
        t->ahead.count = 0;
    }
}

/* Count an occurrence: the expected number of occurrences of each sense moves towards its share of all. */
TARGET INLINE void NAME(count)(NAME(senses_state) *t, int32_t word, const double *share)
{
    double *n = t->w->expected + (int64_t)word * t->w->senses;
    double seen[WV_MOST_SENSES] = {0};
    for (int p = 0; p < t->rows; p++) seen[t->sense[p]] = share[p];
    for (int k = 0; k < t->w->senses; k++) n[k] += (double)t->alpha * (seen[k] * t->w->counts[word] - n[k]);
}

/* A step of the mixture of all senses, and through it of what chooses among them. */
TARGET static void NAME(step_of_mixture)(NAME(senses_state) *t, int32_t word, int blocks)
{
    const struct wv_senses *w = t->w;
    const ptrdiff_t dim = w->dim;
    REAL *row = t->input + (int64_t)word * w->senses * dim, *weights = t->centres + (int64_t)word * w->senses * dim;
    double gain[WV_MOST_SENSES], mean = 0, disorder = 0;
    memset(t->mixed, 0, dim * sizeof(REAL));
    memset(t->change, 0, dim * sizeof(REAL));
    for (int k = 0; k < w->senses; k++)
        for (ptrdiff_t d = 0; d < dim; d += LANES) AT(t->mixed + d) += (REAL)t->share[k] * AT(row + k * dim + d);
    t->x[0] = t->mixed;
    NAME(fits)(t, t->x, 1, blocks);
    const int even = TILE_ROWS;
    for (int k = 0; k < blocks; k++) {
        for (int q = 0; q < 8; q++) t->g[q] = t->alpha * t->z[8 * even * k + q];
        REAL *from = t->mixed, *to = t->change;
        NAME(step)(&from, &to, 1, t->y + 8 * k, dim, t->g, &t->ahead, 0);
        t->ahead.count = 0;
    }
    for (int k = 0; k < w->senses; k++) {
        gain[k] = NAME(product_of_rows)(t->change, row + k * dim, dim);
        mean += t->share[k] * gain[k];
        disorder -= t->prior[k] > 0 ? t->prior[k] * log(t->prior[k]) : 0;
    }
    t->loss += w->entropy * disorder - t->fit[0];
    memset(t->copy[0], 0, dim * sizeof(REAL));
    for (int k = 0; k < w->senses; k++) {
        const double order = t->prior[k] > 0 ? t->prior[k] * (log(t->prior[k]) + disorder) : 0;
        const REAL step = (REAL)(t->share[k] * (gain[k] - mean) / w->temperature + (double)t->alpha * w->entropy * order);
        for (ptrdiff_t d = 0; d < dim; d += LANES) {
            AT(t->copy[0] + d) += step * AT(weights + k * dim + d);
            AT(weights + k * dim + d) += step * AT(t->mean + d);
            AT(row + k * dim + d) += (REAL)t->share[k] * AT(t->change + d);
        }
    }
    for (int q = 0; q < t->columns; q++)
        if (t->one[q] > 0) {
            const REAL part = t->one[q] / (REAL)t->pairs;
            for (ptrdiff_t d = 0; d < dim; d += LANES) AT(t->y[q] + d) += part * AT(t->copy[0] + d);
        }
    NAME(count)(t, word, t->prior);
}

/* Learn from one occurrence of a word. */
TARGET static void NAME(occurrence)(NAME(senses_state) *t, const int32_t *s, int64_t n, int64_t i)
{
    const struct wv_senses *w = t->w;
    const int32_t word = s[i];
    REAL *row = t->input + (int64_t)word * w->senses * w->dim;
    NAME(find_columns)(t, s, n, i);
    if (t->pairs == 0) return;
    const int blocks = NAME(pad_columns)(t);
    t->targets += t->pairs;
    if (w->choice == WV_DISAMBIGUATED) {
        NAME(gumbel_softmax)(t, word);
        NAME(step_of_mixture)(t, word, blocks);
        return;
    }
    t->rows = 1, t->sense[0] = 0, t->prior[0] = 0;
    if (w->choice == WV_ADAGRAM && !w->single) NAME(stick_breaking)(t, word);
    if (w->choice == WV_MSSG && !w->single) t->sense[0] = NAME(nearest_sense)(t, word);
    for (int p = 0; p < t->rows; p++) t->x[p] = row + t->sense[p] * w->dim;
    NAME(fits)(t, t->x, t->rows, blocks);
    for (int p = 0; p < t->rows; p++) t->share[p] = t->prior[p] + t->fit[p];
    NAME(softmax)(t->share, t->rows);
    for (int p = 0; p < t->rows; p++) t->loss -= t->share[p] * t->fit[p];
    NAME(take_step)(t, blocks);
    if (w->choice == WV_ADAGRAM) NAME(count)(t, word, t->share);
}

/* Note the rows that the next occurrence will need, so that they are fetched while this one is worked on. */
TARGET INLINE void NAME(look_ahead)(
    NAME(senses_state) *t,
    const int32_t *s, /* IN [n] words of the chunk */
    int64_t n,
    int64_t i)        /* IN position of the occurrence at hand */
{
    const struct wv_senses *w = t->w;
    const REAL **row = t->ahead.row;
    const int64_t far = i + 1 + w->window;
    t->ahead.count = 0;
    if (i + 1 < n)
        for (int k = 0; k < w->senses && k < 2; k++) *row++ = t->input + ((int64_t)s[i + 1] * w->senses + k) * w->dim;
    if (far < n && w->path == NULL) *row++ = t->output + (int64_t)s[far] * w->dim;
    if (far < n && w->path != NULL) {
        const int64_t from = w->path_offsets[s[far]], to = w->path_offsets[s[far] + 1];
        for (int64_t k = from; k < to && k < from + 8; k++) *row++ = t->output + (int64_t)w->path[k] * w->dim;
    }
    t->ahead.count = (int)(row - t->ahead.row);
}

/* Train on the sentences first..last; the loss before each step, summed. */
TARGET static double NAME(senses_train)(
    const struct wv_senses *w,
    int64_t first,     /* IN  sentences */
    int64_t last,
    double alpha,
    uint64_t seed,
    int32_t *tokens,   /* OUT scratch [wv_senses_tokens] */
    char *scratch,     /* OUT scratch [senses_room] bytes */
    int64_t *targets)  /* OUT [1] pairs of a word and a word of its window */
{
    NAME(senses_state) t = {.w = w, .random = seed, .alpha = (REAL)alpha};
    t.input = (REAL *)w->input, t.output = (REAL *)w->output, t.centres = (REAL *)w->centres;
    NAME(lay_out)(&t, &(struct wv_scratch){scratch, 0});
    for (int k = 0; k < w->senses && w->choice == WV_ADAGRAM; k++) {
        const double a = 1 - w->discount, b = w->concentration + (k + 1) * w->discount, both = wv_digamma(a + b);
        t.tail[k][0] = wv_digamma(a) - both, t.tail[k][1] = wv_digamma(b) - both;
    }
    for (int64_t sentence = first; sentence < last; sentence++) {
        int64_t n = 0;
        for (int64_t j = w->offsets[sentence]; j < w->offsets[sentence + 1]; j++) {
            tokens[n] = w->ids[j];
            n += wv_stays(&t.random, w->keep[w->ids[j]]);
        }
        for (int64_t i = 0; i < n && !*w->stop; i++) {
            NAME(look_ahead)(&t, tokens, n, i);
            NAME(occurrence)(&t, tokens, n, i);
        }
    }
    *targets = t.targets;
    return t.loss;
}
#undef TILE_COLUMNS
#undef TILE_ROWS
