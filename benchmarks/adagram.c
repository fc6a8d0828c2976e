/* AdaGram in plain C, as its paper describes it: one thread, every sense and every inner node of every path in turn.

       adagram IDS OFFSETS PATHS CODES PATH_OFFSETS COUNTS SIZE SENSES WINDOW ALPHA CONCENTRATION SEED

   The files are arrays of the machine's int32 (ids, paths, codes) and int64 (the rest). Prints the processor seconds of
   training and the mean loss of a pair. Senses with a share below 1e-10 do not learn. For benchmarks/adagram.py. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void *read_all(const char *path, size_t item, int64_t *count)
{
    FILE *file = fopen(path, "rb");
    if (!file) exit(1);
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    void *data = malloc((size_t)size + 8);
    if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) exit(1);
    fclose(file);
    *count = size / (int64_t)item;
    return data;
}

static double digamma(double x)
{
    double sum = 0;
    for (; x < 6; x += 1) sum -= 1 / x;
    const double y = 1 / (x * x);
    return sum + log(x) - 0.5 / x - y * (1.0 / 12 - y * (1.0 / 120 - y / 252));
}

static uint64_t state;
static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) * 0x1p-53;
}

int main(int argc, char **argv)
{
    int64_t tokens, sentences, nodes, codes, words, same;
    if (argc != 13) return 2;
    const int32_t *ids = read_all(argv[1], 4, &tokens), *path = read_all(argv[3], 4, &nodes), *code = read_all(argv[4], 4, &codes);
    const int64_t *offsets = read_all(argv[2], 8, &sentences), *at = read_all(argv[5], 8, &same), *freq = read_all(argv[6], 8, &words);
    const int dim = atoi(argv[7]), senses = atoi(argv[8]), window = atoi(argv[9]);
    const double start = atof(argv[10]), concentration = atof(argv[11]);
    state = (uint64_t)atoll(argv[12]);
    float *in = malloc((size_t)(words * senses * dim) * 4), *out = malloc((size_t)(words * dim) * 4), *grad = malloc((size_t)(senses * dim) * 4);
    double *n = calloc((size_t)(words * senses), 8), *z = malloc((size_t)senses * 8), loss = 0;
    int64_t pairs = 0, done = 0;
    for (int64_t i = 0; i < words * senses * dim; i++) in[i] = (float)((draw() - 0.5) / dim);
    for (int64_t i = 0; i < words * dim; i++) out[i] = (float)((draw() - 0.5) / dim);
    for (int64_t w = 0; w < words; w++) n[w * senses] = (double)freq[w];
    const clock_t began = clock();
    for (int64_t s = 0; s + 1 < sentences; s++)
        for (int64_t i = offsets[s]; i < offsets[s + 1]; i++, done++) {
            const int32_t x = ids[i];
            const double lr = start * fmax(1e-4, 1 - (double)done / (double)tokens);
            const int64_t reach = 1 + (int64_t)(draw() * window);
            const int64_t from = i - reach < offsets[s] ? offsets[s] : i - reach;
            const int64_t to = i + reach + 1 > offsets[s + 1] ? offsets[s + 1] : i + reach + 1;
            double rest = 0, before = 0, most = -INFINITY, sum = 0;
            if (to - from < 2) continue;
            for (int k = 0; k < senses; k++) rest += n[x * senses + k];
            for (int k = 0; k < senses; k++) {
                rest -= n[x * senses + k];
                const double a = 1 + n[x * senses + k], b = concentration + (rest > 0 ? rest : 0), both = digamma(a + b);
                z[k] = before + digamma(a) - both;
                before += digamma(b) - both;
            }
            for (int64_t j = from; j < to; j++) {
                if (j == i) continue;
                for (int k = 0; k < senses; k++) {
                    const float *v = in + (x * senses + k) * (int64_t)dim;
                    for (int64_t p = at[ids[j]]; p < at[ids[j] + 1]; p++) {
                        const float *u = out + path[p] * (int64_t)dim;
                        float dot = 0;
                        for (int d = 0; d < dim; d++) dot += v[d] * u[d];
                        z[k] -= log1p(exp(code[p] ? dot : -dot));
                    }
                }
            }
            for (int k = 0; k < senses; k++) most = z[k] > most ? z[k] : most;
            for (int k = 0; k < senses; k++) sum += exp(z[k] - most);
            for (int k = 0; k < senses; k++) z[k] = exp(z[k] - most) / sum;
            for (int64_t j = from; j < to; j++) {
                if (j == i) continue;
                pairs++;
                for (int k = 0; k < senses; k++)
                    for (int d = 0; d < dim; d++) grad[k * dim + d] = 0;
                for (int64_t p = at[ids[j]]; p < at[ids[j] + 1]; p++) {
                    float *u = out + path[p] * (int64_t)dim;
                    for (int k = 0; k < senses; k++) {
                        if (z[k] < 1e-10) continue;
                        const float *v = in + (x * senses + k) * (int64_t)dim;
                        float dot = 0;
                        for (int d = 0; d < dim; d++) dot += v[d] * u[d];
                        const float g = (float)(lr * z[k] * (!code[p] - 1 / (1 + exp(-dot))));
                        loss += z[k] * log1p(exp(code[p] ? dot : -dot));
                        for (int d = 0; d < dim; d++) grad[k * dim + d] += g * u[d];
                        for (int d = 0; d < dim; d++) u[d] += g * v[d];
                    }
                }
                for (int k = 0; k < senses; k++)
                    if (z[k] >= 1e-10)
                        for (int d = 0; d < dim; d++) in[(x * senses + k) * (int64_t)dim + d] += grad[k * dim + d];
            }
            for (int k = 0; k < senses; k++) n[x * senses + k] += lr * (z[k] * (double)freq[x] - n[x * senses + k]);
        }
    printf("%f %f\n", (double)(clock() - began) / CLOCKS_PER_SEC, loss / (double)pairs);
    return 0;
}
