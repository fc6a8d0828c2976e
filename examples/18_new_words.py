"""Vectors of words that training did not see: from their contexts, from their spelling, and from both."""

from pathlib import Path

import wordvec

SAMPLE = Path(__file__).parents[1] / "corpora" / "sample.txt"
NEW = ["guitar", "pianos"]

# these words are taken out of the text that vectors are trained on, so that they are new
sentences = [line.split() for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
known = [line for line in sentences if not set(NEW) & set(line)]
others = [line for line in sentences if set(NEW) & set(line)]
vectors = wordvec.SkipGram(vector_size=32, epochs=5, workers=1).fit(known, keep_context=True)

contexts = {word: [line for line in others if word in line][:8] for word in NEW}
for method in ("additive", "window", "selective"):
    new = wordvec.induce(vectors, contexts=contexts, method=method, sample=1e-3)
    for word in new:
        near = [other for other, _ in vectors.most_similar(new[word], topn=4)]
        print(f"{method:12} {word}, of {new.get_vecattr(word, 'count')} contexts, is near {', '.join(near)}")

# a matrix, or a model of form and context, is fitted once and serves many words
model = wordvec.FormContext.fit(vectors, known, fit_min_count=20, epochs=30, workers=1)
both = model.induce(contexts=contexts)
print("form-context", {word: vectors.most_similar(both[word], topn=1)[0][0] for word in both})

model.save("form-context.safetensors")  # its file; `with_forms` puts the n-grams into the file of the vectors
spelled = wordvec.FormContext.load("form-context.safetensors", vectors).with_forms()
print("pianos has a row:", "pianos" in spelled, "- a vector by its form:", spelled.can_embed("pianos"))
