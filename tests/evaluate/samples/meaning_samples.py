"""Small sets of the tasks of senses, languages and words with few contexts."""

from task_sample import LinesBeside, Sample


def wic_items():
    lines = [f"x\tN\t1-0\ta{i} x a{i + 1}\tx b{i} {'a' if i % 3 else 'c'}{i}|{'TF'[i % 2]}" for i in range(11)]
    return [*lines, "x\tV\t0-0\tx missing\tx a1|T"]


def tsv_items():
    lines = [f"x\t1\ta{i} x a{i + 1}|a {'a' if i % 3 else 'c'}{i}|b{i}\tc_d|{'TF'[i % 2]}" for i in range(11)]
    return [*lines, "x\t0\tx missing|missing|missing|T"]


def scws_items():
    lines = [f"a{i}\tn\tb{(i * 5) % 12}\tn\ta <b> a{i} </b> c{i}\t<b> x </b> b{i}\t{i % 7}.5" for i in range(12)]
    lines += ["missing\tn\tb1\tn\t<b> missing </b> missing\t<b> b1 </b> c1\t3.5"]
    return [f"{i}\t{line}\t1.0\t2.0" for i, line in enumerate(lines)]


def sense_items():
    """A word with its contexts is an item."""
    blocks = [
        "\n".join([f"{word}.n 5", *(f"{'b' if i % 2 else 'c'}{i} b{i + 1}\tc{(i * 5) % 12}" for i in range(5))])
        for word in ("a1", "a4", "b3", "c9")
    ]
    return [*blocks, "missing.v 1\nb1\tc2"]


SENSES = [f"{word}.n {word}.n.{i + 1} {word}.n.{i % 2}" for word in ("a1", "a4", "b3", "c9") for i in range(5)]


def chimera_items():
    lines = [f"{i}\ta{i} ___ c{i} @@ b{i} ___\ta{i},b{i + 1},c{i},a{i + 1}\t{i % 5}.5,2,3,1" for i in range(9)]
    return [*lines, "9\tmissing ___\ta1,b1\t1,2"]


def lexicon_items():
    return [f"a{i}\tb{(5 * i) % 12}" for i in range(11)] + ["a1\ta1", "a3\tmissing", "missing\tb1"]


def rated_items():
    return [f"a{i}\tb{(i * 5) % 12}\t{i % 7}.5" for i in range(12)] + ["a1\tmissing\t3", "c1\tc1\t4"]


def nonce_items():
    return [f"a{i}\t___ is a{i + 1} , b{i} or c{i}" for i in range(9)] + ["missing\t___ is a1", "a9\t___ missing"]


CONTEXTS = {
    **{f"crw/context/rare{i}.txt": [f"a{i + j} rare{i} b{j} c{i}" for j in range(3)] for i in range(6)},
    "crw/context/rare6.txt": ["missing rare6"],
}


def rare_items():
    pairs = [f"c{(3 * i) % 12} rare{i % 6} {i % 7}.5" for i in range(9)]
    return [*pairs, "missing rare1 2.5", "a1 rare6 1", "rare2 c11 6.5"]


SAMPLES = {
    "wic": LinesBeside("dev.data.txt", wic_items, others=("dev.gold.txt",)),
    "wic-tsv": LinesBeside(
        "dev_examples.txt", tsv_items, others=("dev_definitions.txt", "dev_hypernyms.txt", "dev_labels.txt")
    ),
    "scws": Sample("scws/ratings.txt", scws_items),
    "induced-senses": Sample(
        "wsi-dataset.txt",
        sense_items,
        beside={"wsi-key.txt": [*SENSES, "missing.v missing.v.1 one"]},
        junk=None,
    ),
    "bilingual-lexicon": Sample("en-de.test.txt", lexicon_items),
    "cross-lingual-similarity": Sample("en_de_SEMEVAL17.txt", rated_items),
    "chimeras": Sample("dataset.l2.fixed.test.txt", chimera_items),
    "definitional-nonces": Sample("nonces.txt", nonce_items),
    "rare-words": Sample("crw/CRW-562.txt", rare_items, beside=CONTEXTS, is_folder=True),
}
