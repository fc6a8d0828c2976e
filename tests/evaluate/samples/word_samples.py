"""Small sets of the tasks that ask about single words and pairs of words."""

import json

from task_sample import WORDS, Sample


def pair_lines():
    return [f"a{i}\tb{(i * 5) % 12}\t{i % 7}.5" for i in range(12)] + ["a1\tmissing\t3", "c1\tc2\t4"]


def question_lines():
    return [f"a{i} b{i} a{j} b{j}" for i in range(5) for j in range(5) if i != j] + ["a1 b1 missing c1"]


def choice_blocks():
    blocks = []
    for i in range(6):
        last = "missing c4 n:v" if i == 5 else "c3 c4 n:v"
        blocks.append("\n".join([f"a{i} b{i} n:n", "a7 c2 n:n", f"a{i + 1} b{i + 1} n:n", last, "b", ""]))
    return blocks


def category_lines():
    return [f"{kind}\t{kind}{i}" for kind in "abc" for i in range(8)] + ["a\tmissing"]


def outlier_lines():
    return [f"{i},{k},\"['c{i}', 'missing']\",\"['{k}1', '{k}2', '{k}3', '{k}4']\"" for i, k in enumerate("ab")]


def rank_lines():
    return [f"a{i} b{i}" for i in range(9)] + ["a1 missing"]


def relation_lines():
    return [f"a{i}\tb{i}\thyper" for i in range(8)] + [f"a{i}\tc{i}\trandom" for i in range(8)] + ["a1\tmissing\thyper"]


def synonym_lines():
    return [f"a{i} | b{i} | c{i} | c{i + 1}" for i in range(9)] + ["a1 | missing | c1 | c2"]


def feature_lines():
    return [f'a{i}\t{{"noun.act": {i / 12}, "noun.food": {(i * i) % 5}}}' for i in range(12)] + ['missing\t{"verb": 1}']


def bias_lines():
    names = ("targ1", "targ2", "attr1", "attr2")
    words = [[f"{kind}{i}" for i in range(4)] for kind in "abc"] + [["a7", "b7", "missing", "c7"]]
    return [json.dumps({name: {"category": name, "examples": some} for name, some in zip(names, words)})]


SAMPLES = {
    "similarity": Sample("pairs.tsv", pair_lines),
    "analogies": Sample("questions.txt", question_lines, (": family",)),
    "analogy-choice": Sample("sat.txt", choice_blocks, junk=None),
    "categories": Sample("classes.tsv", category_lines, ("category\tword",)),
    "outliers": Sample("8-8-8.csv", outlier_lines, (",category,outliers,words",)),
    "evalrank": Sample("rank/positive_pairs.txt", rank_lines, beside={"rank/basic_vocab.txt": WORDS}, is_folder=True),
    "relations": Sample("bless.tsv", relation_lines, ("word1\tword2\trelation",)),
    "synonyms": Sample("toefl.txt", synonym_lines),
    "qvec-cca": Sample("oracle.txt", feature_lines),
    "bias": Sample("weat.json", bias_lines, junk=None),
}
