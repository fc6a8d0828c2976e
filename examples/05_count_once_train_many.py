"""Count which words stand near each other once, keep the counts, and train several models on them."""

from pathlib import Path

import wordvec
from wordvec.evaluate import word_pairs

CORPORA = Path(__file__).parent.parent / "corpora"

# Every model of this family sees nothing of a text but this matrix.
counts = wordvec.count(CORPORA / "sample.txt", window=5, distance_weight="harmonic")
print(counts, counts.options["distance_weight"])
counts.save("counts.safetensors")

again = wordvec.Cooccurrence.load("counts.safetensors")  # mapped, not read
row = again.vocabulary.index("guitar")
cells = slice(again.indptr[row], again.indptr[row + 1])
near = sorted(zip(again.data[cells], again.indices[cells]), reverse=True)[:5]
print("near guitar:", [(again.vocabulary[column], round(float(weight), 1)) for weight, column in near])

for model, options in {
    "glove": {"epochs": 30, "x_max": 10.0},
    "ppmi-svd": {},
}.items():
    vectors = wordvec.train("counts.safetensors", model=model, vector_size=50, **options)
    score = word_pairs(vectors, CORPORA / "sample-pairs.tsv")
    print(f"{model:10} {vectors.most_similar('guitar', topn=3)} Spearman {score.spearman:.2f}")
