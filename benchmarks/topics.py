"""Topics of texts by keywords (Lbl2Vec): the claim `topics` of claims.py."""

from __future__ import annotations

import itertools
import json
import statistics

import numpy as np
from common import row, table, unit
from labelled import labelled, labelled_texts

import wordvec
from wordvec.texts import TextEncoder, Topics

# Written down once for each set, by the names of its classes, before any score of it was seen.
KEYWORDS = {
    "TREC": {
        "ABBR": ["abbreviation", "acronym", "stand"],
        "DESC": ["why", "define", "mean", "origin"],
        "ENTY": ["animal", "color", "food", "sport", "instrument"],
        "HUM": ["who", "person", "actor", "president"],
        "LOC": ["where", "country", "city", "state"],
        "NUM": ["many", "much", "year", "percentage"],
    },
    "SUBJ": {
        "subj.objective": ["finds", "her", "father", "killed", "discovers"],
        "subj.subjective": ["movie", "film", "funny", "performances", "entertaining"],
    },
    "AG's news": {
        "1": ["world", "government", "minister", "president", "killed", "war"],
        "2": ["sports", "game", "season", "team", "coach", "win"],
        "3": ["business", "company", "market", "profit", "stocks", "oil"],
        "4": ["technology", "software", "internet", "computer", "microsoft", "scientists"],
    },
    "BBC news": {
        "business": ["business", "company", "market", "profit", "economy"],
        "entertainment": ["entertainment", "film", "music", "award", "actor"],
        "politics": ["politics", "government", "minister", "party", "election"],
        "sport": ["sport", "game", "player", "team", "match"],
        "tech": ["technology", "computer", "software", "internet", "mobile"],
    },
    "20 Newsgroups": {
        "alt.atheism": ["atheism", "atheist", "atheists", "belief"],
        "comp.graphics": ["graphics", "image", "images", "rendering", "polygon"],
        "comp.os.ms-windows.misc": ["windows", "microsoft", "drivers", "ini"],
        "comp.sys.ibm.pc.hardware": ["pc", "motherboard", "bios", "controller", "ide"],
        "comp.sys.mac.hardware": ["mac", "apple", "macintosh", "quadra", "powerbook"],
        "comp.windows.x": ["x11", "xterm", "motif", "widget", "server"],
        "misc.forsale": ["sale", "offer", "sell", "shipping", "price"],
        "rec.autos": ["car", "cars", "engine", "dealer", "ford"],
        "rec.motorcycles": ["motorcycle", "bike", "ride", "helmet", "bmw"],
        "rec.sport.baseball": ["baseball", "pitcher", "innings", "hit", "yankees"],
        "rec.sport.hockey": ["hockey", "nhl", "playoffs", "goal", "puck"],
        "sci.crypt": ["encryption", "crypto", "cryptography", "key", "cipher"],
        "sci.electronics": ["electronics", "circuit", "voltage", "amplifier", "battery"],
        "sci.med": ["medicine", "medical", "disease", "doctor", "patients"],
        "sci.space": ["space", "nasa", "orbit", "shuttle", "launch"],
        "soc.religion.christian": ["christian", "christ", "church", "jesus", "bible"],
        "talk.politics.guns": ["guns", "gun", "firearms", "weapons", "nra"],
        "talk.politics.mideast": ["israel", "arab", "turkish", "armenian", "palestinian"],
        "talk.politics.misc": ["politics", "president", "government", "congress", "tax"],
        "talk.religion.misc": ["religion", "religious", "god", "faith", "moral"],
    },
}
SETTINGS = ({"vector_size": 100, "epochs": 40}, {"vector_size": 300, "epochs": 10})


def keywords_of(path, classes, given):
    """(name, keywords) of the texts at a path: of the file that is given, else those with the same classes here."""
    if given is not None:
        return path.stem, json.loads(given.read_text("utf-8"))
    for name, keywords in KEYWORDS.items():
        if sorted(keywords) == classes:
            return name, keywords
    raise SystemExit(f"the keywords of the classes of {path} are not known: give --keywords FILE.json; {classes}")


def texts_of(options):
    """(name, keywords, texts, labels, classes) of every set."""
    if not options.texts:
        for name in ("TREC", "SUBJ"):
            yield name, KEYWORDS[name], *labelled(options.data, name)
    for path in options.texts:
        texts, labels, classes = labelled_texts(path)
        yield *keywords_of(path, classes, options.keywords), texts, labels, classes


def topics(options):
    """Lbl2Vec (Schopf, Braun and Matthes 2021): topics by keywords alone find texts with an AUC of .92 and .95."""
    from sklearn.metrics import f1_score, roc_auc_score

    words, more = wordvec.load(options.vectors), []
    if options.corpus is not None:
        with open(options.corpus, encoding="utf-8") as lines:
            more = [line for line in itertools.islice(lines, 200_000) if len(line.split()) > 7]
    table("texts", "vectors", "documents of a topic", "AUC, mean of classes", "AUC of each", "macro F1", "accuracy")
    for name, keywords, texts, labels, classes in texts_of(options):

        def show(how, size, found, labels=labels, name=name, classes=classes):
            each = [float(roc_auc_score(labels == place, found[:, place])) for place in range(len(classes))]
            best = found.argmax(axis=1)
            cells = ", ".join(f"{part} {value:.2f}" for part, value in zip(classes, each, strict=True))
            f1 = float(f1_score(labels, best, average="macro"))
            row(name, how, size, statistics.mean(each), cells, f1, float((best == labels).mean()))

        ways = [("the texts", setting, []) for setting in SETTINGS]
        if more:
            ways.append(("the texts and the corpus", {"vector_size": 100, "epochs": 10}, more))
        for of, setting, extra in ways:
            model = wordvec.PVDBOW(window=15, min_count=2, dbow_words=True, **setting).fit(texts + extra)
            how = f"PV-DBOW of {of}, {setting['vector_size']} dimensions, {setting['epochs']} epochs"
            for num_docs in (10, 100, 400):
                found = Topics(model, {part: keywords[part] for part in classes}, num_docs=num_docs).scores()
                show(how, num_docs, found[: len(texts)])
        centres = np.stack([np.mean([words[w] for w in keywords[part] if w in words], axis=0) for part in classes])
        points = TextEncoder(words, "sif").fit(texts).encode(texts)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        show("SIF means, keywords alone", 0, points / np.maximum(lengths, 1e-9) @ unit(centres).T)
