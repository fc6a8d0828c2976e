/* Points of hyperbolic space, in float64: a step of gradient descent; for poincare.pyx.

   A point is kept by as many numbers as the space has dimensions: in the Poincare ball by its coordinates x, |x| < 1; in
   the Lorentz model by the spatial part of a point of the hyperboloid, whose first coordinate is sqrt(1 + |x|^2). */
#ifndef WORDVEC_POINCARE_H
#define WORDVEC_POINCARE_H
#include <math.h>
#include <string.h>
#include "alias.h"
#include "points.h"

struct wv_poincare {
    double *points;         /* INOUT [nodes, size] */
    int64_t nodes, size;
    const int32_t *pairs;   /* IN [N, 2] child, parent */
    const int64_t *order;   /* IN [N] the order in which pairs are trained */
    const int64_t *indptr;  /* IN [nodes + 1] */
    const int32_t *parents; /* IN the parents of every node, rising */
    const struct wv_alias *noise; /* IN [nodes] */
    int64_t negative;
    double reach;           /* the greatest |x| */
    double regularization;
    int lorentz;
    const int32_t *stop;    /* IN [1] */
    int32_t *drawn;         /* scratch [negative + 1] */
    double *scratch;        /* scratch, see wv_poincare_room */
};

#define WV_TRIES 20 /* draws for a negative before the pair goes without the rest of them */
#define WV_PER_TARGET 5

static inline size_t wv_poincare_room(int64_t negative, int64_t size)
{
    return (size_t)(WV_PER_TARGET * (negative + 1) + 2 * size);
}

/* What of the ball is left beyond a point: 1 - |x|^2, which other threads must not make 0 or less while they write. */
INLINE double wv_left(double square)
{
    const double left = 1 - square;
    return left > 1e-300 ? left : 1e-16;
}

/* cosh(distance) - 1. */
INLINE double wv_excess(int lorentz, double gap, double square_x, double square_y)
{
    if (lorentz) {
        const double time_x = sqrt(1 + square_x), time_y = sqrt(1 + square_y);
        const double step = (square_x - square_y) / (time_x + time_y);
        const double excess = (gap - step * step) / 2;
        return excess > 0 ? excess : 0;
    }
    return 2 * gap / (wv_left(square_x) * wv_left(square_y));
}

INLINE int wv_is_parent(const struct wv_poincare *p, int32_t child, int32_t node)
{
    int64_t low = p->indptr[child], high = p->indptr[child + 1];
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (p->parents[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->indptr[child + 1] && p->parents[low] == node;
}

/* Draw distinct nodes that are not parents of the child after the parent in `drawn`; how many there are in all. */
static int64_t wv_draw_negatives(const struct wv_poincare *p, int32_t child, int32_t parent, uint64_t *state)
{
    int64_t targets = 1;
    p->drawn[0] = parent;
    for (int64_t i = 0; i < p->negative; i++)
        for (int tries = 0; tries < WV_TRIES; tries++) {
            const int32_t node = wv_alias_word(p->noise, p->nodes, wv_draw(state));
            int known = node == child || wv_is_parent(p, child, node);
            for (int64_t k = 1; !known && k < targets; k++)
                known = p->drawn[k] == node;
            if (!known) {
                p->drawn[targets++] = node;
                break;
            }
        }
    return targets;
}

/* Bring a point back where it has left the part of the space that is used, and where it is not finite. */
INLINE void wv_clip(double *x, int64_t size, double reach)
{
    const double square = wv_square(x, size);
    if (square > reach * reach) {
        const double factor = reach / sqrt(square);
        for (int64_t k = 0; k < size; k++)
            x[k] *= factor;
    }
}

/* Move a point against a gradient of the Riemannian metric. */
INLINE void wv_move(const struct wv_poincare *p, double *x, const double *gradient, double alpha)
{
    const int64_t size = p->size;
    if (!p->lorentz) { /* the first-order retraction */
        for (int64_t k = 0; k < size; k++)
            x[k] -= alpha * gradient[k];
    } else { /* the exponential map; the first coordinate of the tangent vector follows from the others */
        const double time = sqrt(1 + wv_square(x, size));
        double product = 0, length, factor, cosh_less_1;
        for (int64_t k = 0; k < size; k++)
            product += x[k] * gradient[k];
        length = alpha * alpha * (wv_square(gradient, size) - product / time * (product / time));
        length = length > 0 ? sqrt(length) : 0;
        length = length < 300 ? length : 300;
        factor = length > 1e-5 ? sinh(length) / length : 1 + length * length / 6;
        cosh_less_1 = 2 * sinh(length / 2) * sinh(length / 2);
        for (int64_t k = 0; k < size; k++)
            x[k] += cosh_less_1 * x[k] - factor * alpha * gradient[k];
    }
    wv_clip(x, size, p->reach);
}

/* One step for a pair and its negatives, from the points as they are before it; the loss before it. */
static double wv_poincare_step(const struct wv_poincare *p, int32_t child, int64_t targets, double alpha)
{
    const int64_t size = p->size;
    double *u = p->points + child * size;
    double *gradient = p->scratch, *own = gradient + size, *terms = own + size;
    const double square_u = wv_square(u, size);
    double total = 0, first = 0;
    for (int64_t i = 0; i < targets; i++) {
        const double *v = p->points + p->drawn[i] * size;
        double *t = terms + WV_PER_TARGET * i;
        const double gap = wv_gap(u, v, size), square_v = wv_square(v, size);
        const double excess = wv_excess(p->lorentz, gap, square_u, square_v);
        const double root = sqrt(excess * (excess + 2));
        t[0] = 1 / (1 + excess + root); /* exp(-distance) */
        t[1] = gap;
        t[2] = square_v;
        t[3] = excess;
        t[4] = root;
        total += t[0];
    }
    first = terms[0];
    memset(own, 0, (size_t)size * sizeof(double));
    for (int64_t i = 0; i < targets; i++) {
        /* The gradient of the distance d(u, v), in the metric of the space: at u it is at_u ((left + turn) u - left v). */
        double *v = p->points + p->drawn[i] * size;
        const double *t = terms + WV_PER_TARGET * i;
        const double slope = (i == 0) - t[0] / total; /* of the loss by the distance */
        const double scale = t[4] > 1e-12 ? slope / t[4] : 0;
        const double left_u = p->lorentz ? 1 : wv_left(square_u), left_v = p->lorentz ? 1 : wv_left(t[2]);
        const double turn = p->lorentz ? t[3] : t[1];
        const double at_u = scale / left_v, at_v = scale / left_u;
        const double decay = i == 0 && !p->lorentz ? p->regularization * left_v * left_v / 2 : 0;
        for (int64_t k = 0; k < size; k++) {
            const double step = u[k] - v[k];
            own[k] += at_u * (turn * u[k] + left_u * step);
            gradient[k] = at_v * (turn * v[k] - left_v * step) + decay * v[k];
        }
        wv_move(p, v, gradient, alpha);
    }
    wv_move(p, u, own, alpha);
    return log(total / first);
}

/* One step for each pair of a part of the order; the sum of the losses. */
static double wv_poincare_train(
    const struct wv_poincare *p, int64_t start, int64_t end, double alpha, uint64_t state, int64_t *targets)
{
    double loss = 0;
    for (int64_t place = start; place < end && !*p->stop; place++) {
        const int32_t *pair = p->pairs + 2 * p->order[place];
        const int64_t drawn = wv_draw_negatives(p, pair[0], pair[1], &state);
        loss += wv_poincare_step(p, pair[0], drawn, alpha);
        *targets += 1;
    }
    return loss;
}
#endif
