/* Skip-gram and CBOW over a run of sentences: subsampling, windows, noise, and a block update for every few centres.

   A group is `centres` consecutive positions of a sentence. Its windows overlap, so their union is little longer than
   one window; all of them share `pool` noise rows, each weighing negative / pool. A column is a distinct output row. */

#include "block_body.h"
#include "copies_body.h"
#include "composition_body.h"
#include "state_body.h"
#include "document_bits_body.h"
#include "nested_body.h"
#include "windows_body.h"
#define SEEN 8 /* words of 64 bits of a small set of numbers */

TARGET INLINE REAL *NAME(row)(REAL *matrix, int64_t i, ptrdiff_t dim) { return matrix + i * dim; }

/* Draw the noise of a chunk: the words that follow a random place. */
TARGET INLINE void NAME(draw_noise)(
    NAME(state) *t,
    int32_t *noise, /* OUT [count] */
    int64_t count)
{
    const struct wv_word2vec *w = t->w;
    if (count <= 0) return;
    for (int64_t at = wv_below(wv_draw(&t->random), w->noises), some; count > 0; noise += some, count -= some, at = 0) {
        some = count < w->noises - at ? count : w->noises - at;
        memcpy(noise, w->noise + at, some * sizeof *noise);
    }
}

/* Whether a number was perhaps seen before: no is certain, and cheap; yes calls for a search. */
TARGET INLINE int NAME(maybe_seen)(
    uint64_t *seen, /* INOUT [SEEN] a set of the numbers so far, modulo 64 SEEN */
    int32_t number
) {
    uint64_t *some = seen + (number >> 6) % SEEN;
    const uint64_t bit = UINT64_C(1) << (number & 63);
    const int found = (*some & bit) != 0;
    *some |= bit;
    return found;
}

/* The column of an output row, a new one where there is none yet. */
TARGET INLINE int NAME(find_column)(
    const NAME(state) *t,
    int32_t row,
    int *columns,  /* INOUT how many there are */
    uint64_t *seen /* INOUT [SEEN] as above */
) {
    int q = *columns;
    if (NAME(maybe_seen)(seen, row))
        for (q = 0; q < *columns && t->column[q] != row; q++) {}
    if (q == *columns) {
        t->column[q] = row, t->weight[q] = 0;
        t->y[q] = NAME(output_row)(t->w, row);
        ++*columns;
    }
    return q;
}

/* Where the steps of the inputs go: to the inputs themselves, or, of frozen ones, to rows that nobody reads;
   those of bits, to a row of their own. */
TARGET INLINE REAL *const *NAME(goals)(NAME(state) *t) {
    const uint8_t *frozen = t->w->frozen_words;
    if (frozen == NULL && !t->w->frozen_documents && t->w->bit == 0) return t->x;
    for (int p = 0; p < t->rows; p++) {
        const int32_t word = t->word[p]; /* -1: the document */
        const int stays = word < 0 ? t->w->frozen_documents : frozen != NULL && frozen[word];
        REAL *own = word < 0 && t->w->bit != 0 ? t->bits_step : t->x[p];
        t->to[p] = stays ? t->e[p % 8] : own;
    }
    return t->to;
}

/* Whether the centres and the noise of a group, eight words, are distinct. */
TARGET INLINE int NAME(are_distinct)(const NAME(state) *t, const int32_t *centre, int centres) {
#if LEVEL >= WV_AVX512
    const __mmask8 first = (__mmask8)((1 << centres) - 1);
    const __m256i words = _mm256_mask_loadu_epi32(_mm256_maskz_loadu_epi32(first, centre), (__mmask8)~first, t->noise - centres);
    const __m256i same = _mm256_conflict_epi32(words);
    return _mm256_testz_si256(same, same);
#else
    int32_t round[16], same = 0;
    for (int q = 0; q < 8; q++) round[q] = round[8 + q] = q < centres ? centre[q] : t->noise[q - centres];
    for (int by = 1; by <= 4; by++)
        for (int q = 0; q < 8; q++) same |= round[q] == round[q + by];
    return !same;
#endif
}

/* Output columns of a group under negative sampling: its centres first, then the noise. Whether all are distinct, and eight. */
TARGET INLINE int NAME(find_columns)(
    NAME(state) *t,
    const int32_t *centre, /* IN  [centres] words */
    int centres,
    int *column            /* OUT [centres] the column of each */
) {
    const struct wv_word2vec *w = t->w;
    uint64_t seen[SEEN] = {0};
    int columns = 0;
    if (centres + w->pool == 8 && NAME(are_distinct)(t, centre, centres)) {
        for (int q = 0; q < 8; q++) {
            t->y[q] = NAME(output_row)(w, q < centres ? centre[q] : t->noise[q - centres]);
            PREFETCH(t->y[q]), PREFETCH(t->y[q] + 16); /* the first lines, while windows are listed */
            t->weight[q] = q < centres ? 0 : (REAL)w->noise_weight;
        }
        for (int q = 0; q < centres; q++) column[q] = q;
        t->columns = 8;
        return 1;
    }
    for (int q = 0; q < centres; q++) column[q] = NAME(find_column)(t, centre[q], &columns, seen);
    for (int k = 0; k < w->pool; k++)
        t->weight[NAME(find_column)(t, t->noise[k], &columns, seen)] += (REAL)w->noise_weight;
    t->columns = columns;
    return 0;
}

/* Point the columns up to the end of the last block of eight at nothing. */
TARGET INLINE int NAME(pad_columns)(NAME(state) *t) {
    const int blocks = (t->columns + 7) / 8;
    for (int q = t->columns; q < 8 * blocks; q++) t->y[q] = t->zero, t->weight[q] = 0;
    return blocks;
}

/* One row more, for the end of the last tile, that weighs nothing. */
TARGET INLINE void NAME(pad_rows)(NAME(state) *t, int rows) {
    for (int k = 0; k < 8; k++) t->a[8 * rows + k] = t->b[8 * rows + k] = 0;
}

/* Weights of both labels. On entry the first block of `a` has the targets of each pair and that of `b` those of each
   input, eight times. Noise weighs the same for every target of an input but those that it is itself
   (block_body.h: A, B). */
TARGET INLINE void NAME(weigh)(NAME(state) *t, int rows, int blocks) {
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    NAME(pad_rows)(t, rows);
    for (int k = blocks - 1; k >= 0; k--) {
        REAL weight[8];
        if (k > 0) memset(t->a + 8 * even * k, 0, 8 * even * sizeof(REAL));
        for (int q = 0; q < 8; q++) weight[q] = t->weight[8 * k + q];
        for (int p = 0; p < even; p++) {
            const REAL *a = t->a + 8 * (even * k + p);
            REAL both[8];
            for (int q = 0; q < 8; q++) both[q] = a[q] + weight[q] * (t->b[8 * p + q] - a[q]);
            for (int q = 0; q < 8; q++) t->b[8 * (even * k + p) + q] = both[q];
        }
    }
}

/* The same for hierarchical softmax: the columns are the inner nodes above one centre, the labels 1 - code. */
TARGET INLINE void NAME(weigh_path)(NAME(state) *t, int32_t centre, int rows, int blocks) {
    const int even = (rows + TILE_ROWS - 1) / TILE_ROWS * TILE_ROWS;
    const uint8_t *code = t->w->code + t->w->path_offsets[centre];
    for (int k = blocks - 1; k >= 0; k--)
        for (int p = 0; p < even; p++)
            for (int q = 0; q < 8; q++) {
                const int i = 8 * k + q, at = 8 * (even * k + p) + q;
                t->b[at] = p < rows && i < t->columns ? t->b[8 * p + q] : 0;
                t->a[at] = t->b[at] * (REAL)(i < t->columns && !code[i]);
            }
}

/* The output rows of a group: the path of its one centre, or its centres and their noise; arguments and result as above. */
TARGET INLINE int NAME(find_outputs)(NAME(state) *t, const int32_t *centre, int centres, int *column) {
    const struct wv_word2vec *w = t->w;
    if (w->path == NULL) return NAME(find_columns)(t, centre, centres, column);
    const int64_t from = w->path_offsets[*centre];
    t->columns = (int)(w->path_offsets[*centre + 1] - from);
    for (int k = 0; k < t->columns; k++) t->y[k] = NAME(output_row)(w, w->path[from + k]);
    column[0] = 0;
    return 0;
}

/* Where documents and outputs are rows of one matrix, as in a graph of first order, a row is no noise of its own. It is
   not a target of its own either: its document must not hold it. */
TARGET INLINE void NAME(spare_document)(NAME(state) *t) {
    for (int q = 0; q < t->columns; q++)
        if (t->y[q] == t->document) t->y[q] = t->zero, t->weight[q] = 0;
}

/* Every word of a window predicts its centre: inputs are the words, outputs the centres. */
TARGET INLINE void NAME(skipgram)(
    NAME(state) *t,
    const int32_t *s,    /* IN [n] words of the sentence */
    const int32_t *back, /* IN [n] see find_windows */
    const int32_t *again, /* IN [n] likewise */
    int64_t n,
    int64_t first,
    int centres
) {
    const struct wv_word2vec *w = t->w;
    int column[8];
    const int distinct = NAME(find_outputs)(t, s + first, centres, column) && centres == w->centres && t->document == NULL;
    const REAL *spread = distinct ? t->ready : t->spread;
    if (t->document) NAME(spare_document)(t);
    t->rows = 0;
    if (w->with_words && centres == 2) NAME(find_windows)(t, s, back, again, n, first, 2, column, spread, t->a, t->b);
    else if (w->with_words) NAME(find_windows)(t, s, back, again, n, first, centres, column, spread, t->a, t->b);
    if (t->document) NAME(add_document)(t, centres, column, t->a, t->b);
    const int blocks = NAME(pad_columns)(t);
    if (w->path != NULL) NAME(weigh_path)(t, s[first], t->rows, blocks);
    else if (distinct) NAME(pad_rows)(t, t->rows);
    else NAME(weigh)(t, t->rows, blocks);
    t->x[t->rows] = t->zero;
    if (w->prefixes) NAME(nested_block)(t, t->x, (REAL **)NAME(goals)(t), t->rows, 1, blocks);
    else NAME(block)(
        t->x, NAME(goals)(t), t->rows, 1, t->y, blocks, w->frozen, w->dim, t->a, t->b, t->alpha, t->z, t->copy, &t->ahead, &t->loss
    );
}

#include "means_body.h"

/* Note the rows of a word that will enter the ring soon, and fetch the list of those of one after it. */
TARGET INLINE const REAL **NAME(look_for_rows)(
    NAME(state) *t,
    const int32_t *s, /* IN  [n] words */
    int64_t n,
    int64_t i,        /* IN  position of the word */
    const REAL **row  /* OUT the next free place in the list of rows; the one after them is returned */
) {
    const struct wv_word2vec *w = t->w;
    if (i + w->centres < n) {
        const int32_t *list = w->word_rows + w->word_indptr[s[i + w->centres]];
        PREFETCH(list);
        PREFETCH(list + 16);
    }
    if (i + 2 * w->centres < n) PREFETCH(w->word_indptr + s[i + 2 * w->centres]);
    const int64_t from = w->word_indptr[s[i]], to = w->word_indptr[s[i] + 1];
    for (int64_t k = from; k < to && k < from + WV_FETCHED; k++) *row++ = NAME(shared_row)(w, k);
    return row;
}

/* Note the rows that a group to come will need, so that they are fetched while this one is worked on. */
TARGET INLINE void NAME(look_ahead)(
    NAME(state) *t,
    const int32_t *s, /* IN [n] words of the chunk */
    int64_t n,
    int64_t next,         /* IN position of that group */
    const int32_t *noise, /* IN noise of the chunk */
    int64_t group         /* IN its number */
) {
    const struct wv_word2vec *w = t->w;
    const REAL **row = t->ahead.row;
    if (wv_is_new_noise(w, group))
        for (int k = 0; k < w->pool; k++) *row++ = NAME(output_row)(w, noise[wv_noise_of(w, group) * w->pool + k]);
    if (t->following) *row++ = t->following;
    for (int64_t i = next; i < next + w->centres && i < n; i++) {
        if (w->path == NULL) *row++ = NAME(output_row)(w, s[i]);
        if (!w->with_words || i + w->window >= n) continue;
        if (w->word_indptr) row = NAME(look_for_rows)(t, s, n, i + w->window, row);
        else *row++ = NAME(input_row)(w, s[i + w->window]);
    }
    t->ahead.count = (int)(row - t->ahead.row);
}

/* Subsampling: the tokens of the sentences first..last that are kept, and how many. */
TARGET static NOINLINE int64_t NAME(keep_tokens)(
    const struct wv_word2vec *w,
    int64_t first,
    int64_t last,
    uint64_t *random, /* INOUT */
    int32_t *tokens,  /* OUT   [all tokens] those kept */
    int64_t *ends     /* OUT   [last - first] the end of each sentence among them */
) {
    uint64_t state = *random;
    int64_t kept = 0;
    for (int64_t i = first; i < last; i++) {
        for (int64_t j = w->offsets[i]; j < w->offsets[i + 1]; j++) {
            tokens[kept] = w->ids[j];
            kept += wv_stays(&state, wv_keep_of(w, w->ids[j]));
        }
        ends[i - first] = kept;
    }
    *random = state;
    return kept;
}

/* How far before each token its word stood last, within the longest union of windows. The tokens of a hash are linked. */
TARGET static NOINLINE void NAME(look_back)(
    const struct wv_word2vec *w,
    const int32_t *tokens, /* IN  [kept] */
    int64_t kept,
    int32_t *back,         /* OUT [kept] 0: not there */
    int32_t *again,        /* OUT [kept] how far before it the last word stands that came again since */
    int32_t *link          /* OUT scratch [kept] */
) {
    int32_t newest[256];
    const int32_t most = (int32_t)w->union_size;
    for (int k = 0; k < 256; k++) newest[k] = -most - 1;
    for (int32_t j = 0; j < (int32_t)kept; j++) {
        int32_t *slot = newest + (tokens[j] & 255), i = *slot;
        link[j] = i, *slot = j;
        while (j - i <= most && tokens[i] != tokens[j]) i = link[i];
        back[j] = j - i <= most ? j - i : 0;
        again[j] = j > 0 ? again[j - 1] + 1 : most + 1;
        if (back[j] && back[j] < again[j]) again[j] = back[j];
    }
}

/* Train on the sentences first..last; the loss before each step, summed. */
TARGET static double NAME(train)(
    const struct wv_word2vec *w,
    int64_t first,     /* IN  sentences */
    int64_t last,
    double alpha,
    uint64_t seed,
    int32_t *tokens,   /* OUT scratch [wv_token_room] */
    char *scratch,     /* OUT scratch [room] bytes */
    int64_t *targets   /* OUT [1] how many there were */
) {
    NAME(state) t = {.w = w, .random = seed, .alpha = (REAL)alpha};
    NAME(lay_out)(&t, &(struct wv_scratch){scratch, 0});
    int64_t *ends = (int64_t *)tokens, groups = 0, group = 0; /* the end of each sentence among the tokens kept */
    tokens += 2 * (last - first);
    const int64_t kept = NAME(keep_tokens)(w, first, last, &t.random, tokens, ends);
    int32_t *back = tokens + kept, *again = back + kept, *noise = again + kept;
    if (w->with_words && !w->cbow) NAME(look_back)(w, tokens, kept, back, again, noise); /* the noise is not drawn yet */
    for (int64_t i = 0; i < last - first; i++) groups += (ends[i] - (i > 0 ? ends[i - 1] : 0) + w->centres - 1) / w->centres;
    NAME(draw_noise)(&t, noise, wv_noise_drawn(w, groups + 1) * w->pool);
    for (int64_t i = 0, begin = 0; i < last - first; begin = ends[i++]) {
        const int64_t n = ends[i] - begin;
        if (w->word_indptr) NAME(empty)(&t.ring);
        if (w->documents) {
            t.document = NAME(row)((REAL *)w->document_rows, w->documents[first + i], w->dim);
            t.following = i + 1 < last - first ? NAME(row)((REAL *)w->document_rows, w->documents[first + i + 1], w->dim) : NULL;
        }
        for (int64_t at = 0; n > (w->documents == NULL) && at < n && !*w->stop; at += w->centres) {
            const int centres = (int)(n - at < w->centres ? n - at : w->centres);
            t.noise = noise + wv_noise_of(w, group++) * w->pool;
            /* two groups ahead: what has to come from memory takes longer than one */
            NAME(look_ahead)(&t, tokens, kept, begin + at + 2 * w->centres, noise, group < groups ? group + 1 : group);
            if (w->word_indptr) NAME(enter)(&t.ring, tokens + begin, at + centres + w->window < n ? at + centres + w->window : n);
            if (w->bit != 0) NAME(round_document)(&t);
            if (w->cbow) NAME(cbow)(&t, tokens + begin, n, at, centres);
            else NAME(skipgram)(&t, tokens + begin, back + begin, again + begin, n, at, centres);
            if (w->bit != 0) NAME(step_of_bits)(&t);
            if (w->word_indptr) NAME(leave)(&t.ring, tokens + begin, at + centres - w->window);
        }
        if (w->word_indptr) NAME(leave)(&t.ring, tokens + begin, t.ring.entered);
        const REAL *lanes = (const REAL *)&t.loss;
        for (int k = 0; k < LANES; k++) t.total += lanes[k];
        t.loss = (vec){0};
    }
    *targets = t.targets;
    return t.total;
}

#include "sentences_body.h"
#undef SEEN
#undef TILE_COLUMNS
#undef TILE_ROWS
