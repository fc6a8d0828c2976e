/* How the sense of an occurrence is chosen: the prior of AdaGram, the clusters of MSSG, Gumbel-softmax. */

/* E log of the parts that the sticks of a word break off, with a = 1 + n_k - d and b = alpha + k d + sum of n_r, r > k
   (k from 1), for the senses that are considered. Senses that nobody uses are alike but for their priors: those that are
   less probable by the factor `least` than one before them are left out. */
TARGET static void NAME(stick_breaking)(NAME(senses_state) *t, int32_t word)
{
    const struct wv_senses *w = t->w;
    const double *n = w->expected + (int64_t)word * w->senses, far = log(w->least);
    double rest[WV_MOST_SENSES], before = 0, unused = -INFINITY;
    rest[w->senses - 1] = 0;
    for (int k = w->senses - 1; k > 0; k--) rest[k - 1] = rest[k] + n[k];
    t->rows = 0;
    for (int k = 0; k < w->senses; k++) {
        double broken = t->tail[k][0], left = t->tail[k][1];
        if (n[k] > 0 || rest[k] > 0) {
            const double a = 1 + n[k] - w->discount, b = w->concentration + (k + 1) * w->discount + rest[k];
            const double both = wv_digamma(a + b);
            broken = wv_digamma(a) - both, left = wv_digamma(b) - both;
        }
        const double prior = before + broken;
        before += left;
        if (n[k] < 1 && prior < unused + far) continue;
        if (n[k] < 1 && unused == -INFINITY) unused = prior;
        t->prior[t->rows] = prior;
        t->sense[t->rows++] = k;
    }
}

/* Normalise exp(share), from the logarithms of unnormalised shares. */
TARGET static void NAME(softmax)(double *share, int count) /* INOUT [count] */
{
    double most = share[0], sum = 0;
    for (int k = 1; k < count; k++) most = share[k] > most ? share[k] : most;
    for (int k = 0; k < count; k++) sum += share[k] = exp(share[k] - most);
    for (int k = 0; k < count; k++) share[k] /= sum;
}

/* The mean of the output rows of the context words. */
TARGET static void NAME(find_mean)(NAME(senses_state) *t)
{
    const ptrdiff_t dim = t->w->dim;
    memset(t->mean, 0, dim * sizeof(REAL));
    for (int q = 0; q < t->columns; q++)
        if (t->one[q] > 0) {
            const REAL part = t->one[q] / (REAL)t->pairs;
            for (ptrdiff_t d = 0; d < dim; d += LANES) AT(t->mean + d) += part * AT(t->y[q] + d);
        }
}

/* Found sense k of a word with the context at hand; its vector begins as that of sense `like`. */
TARGET static void NAME(found)(NAME(senses_state) *t, int32_t word, int k, int like)
{
    const ptrdiff_t dim = t->w->dim;
    REAL *row = t->input + (int64_t)word * t->w->senses * dim;
    memset(t->centres + ((int64_t)word * t->w->senses + k) * dim, 0, dim * sizeof(REAL));
    if (k != like) memcpy(row + k * dim, row + like * dim, dim * sizeof(REAL));
}

/* MSSG: the sense whose mean context is most similar; perhaps one that is founded now, as the threshold says or, with a
   fixed number, as in k-means++: the more likely the farther the context is from all means. The mean moves. */
TARGET static int NAME(nearest_sense)(NAME(senses_state) *t, int32_t word)
{
    const struct wv_senses *w = t->w;
    const ptrdiff_t dim = w->dim;
    double *n = w->expected + (int64_t)word * w->senses, best = -2;
    REAL *centre = t->centres + (int64_t)word * w->senses * dim;
    int chosen = 0, k = 0;
    NAME(find_mean)(t);
    const double length = sqrt((double)NAME(product_of_rows)(t->mean, t->mean, dim));
    for (; k < w->senses && n[k] > 0; k++) {
        const double own = sqrt((double)NAME(product_of_rows)(centre + k * dim, centre + k * dim, dim));
        const double both = own * length, cosine = both > 0
            ? NAME(product_of_rows)(t->mean, centre + k * dim, dim) / both : 0;
        if (cosine > best) best = cosine, chosen = k;
    }
    if (k < w->senses) {
        int founds = k == 0 || best < w->threshold;
        if (k > 0 && w->threshold < -1) {
            const double chance = 10 * w->senses * (1 - best) / w->counts[word];
            founds = (double)(wv_draw(&t->random) >> 11) * 0x1p-53 < chance;
        }
        if (founds) {
            NAME(found)(t, word, k, k ? chosen : 0);
            chosen = k;
        }
    }
    n[chosen] += 1;
    const REAL part = (REAL)(1 / n[chosen]);
    for (ptrdiff_t d = 0; d < dim; d += LANES)
        AT(centre + chosen * dim + d) += part * (AT(t->mean + d) - AT(centre + chosen * dim + d));
    return chosen;
}

/* Disambiguated: shares q of all senses by the weights of each and the mean context, in `prior`; a draw of Gumbel-softmax
   from them in `share`. */
TARGET static void NAME(gumbel_softmax)(NAME(senses_state) *t, int32_t word)
{
    const struct wv_senses *w = t->w;
    const REAL *weights = t->centres + (int64_t)word * w->senses * w->dim;
    NAME(find_mean)(t);
    for (int k = 0; k < w->senses; k++) {
        const double score = NAME(product_of_rows)(t->mean, weights + k * w->dim, w->dim);
        const double drawn = ((double)(wv_draw(&t->random) >> 12) + 0.5) * 0x1p-52;
        t->sense[k] = k;
        t->prior[k] = score;
        t->share[k] = (score - log(-log(drawn))) / w->temperature;
    }
    t->rows = w->senses;
    NAME(softmax)(t->prior, t->rows);
    NAME(softmax)(t->share, t->rows);
}
