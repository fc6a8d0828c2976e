"""Encode and count with several processes that share a folder, and train on the counts."""

import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import wordvec
from wordvec.distributed import FolderStore, count, encode_corpus

CORPUS = Path(__file__).parent.parent / "corpora" / "sample.txt"


def main():
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as executor:
        corpus = encode_corpus(CORPUS, executor=executor, store=FolderStore(folder), parts=4, min_count=5)
        print(f"{corpus.stats.kept:,} tokens of {len(corpus.vocabulary):,} words")
        counts = count(corpus, window=5)
        alone = wordvec.count(CORPUS, window=5, min_count=5)
        print("the same counts as of one process:", bool((counts.data == alone.data).all()))

    vectors = wordvec.train(counts, model="ppmi-svd", vector_size=50)
    print("near loud:", [word for word, _ in vectors.most_similar("loud", topn=4)])


if __name__ == "__main__":
    main()
