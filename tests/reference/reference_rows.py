"""Slow and obvious twins of wordvec.subwords.ngrams: characters, n-grams and their hashes, one byte at a time."""

SEED = 2166136261


def characters(word):
    """The characters of bytes: a byte and the bytes 10xxxxxx after it, whatever is valid UTF-8."""
    found = []
    for byte in word:
        if found and byte & 0xC0 == 0x80:
            found[-1] += bytes([byte])
        else:
            found.append(bytes([byte]))
    return found


def ngrams(word, min_n, max_n, edges=False):
    """The n-grams of a word in the order of fastText."""
    text = characters(b"<" + word + b">")
    spans = [(i, n) for i in range(len(text)) for n in range(min_n, max_n + 1) if i + n <= len(text)]
    return [b"".join(text[i : i + n]) for i, n in spans if edges or n > 1 or 0 < i < len(text) - 1]


def fnv32(data, signed=True):
    """FNV-1a; fastText's takes a byte from 0x80 on for the negative number that it is as a char."""
    h = SEED
    for byte in data:
        h = (h ^ (byte | 0xFFFFFF00 if signed and byte >= 0x80 else byte)) * 16777619 % 2**32
    return h


def fnv64(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def finalfusion(ngram):
    text = ngram.decode()
    return fnv64(len(text).to_bytes(8, "little") + b"".join(ord(c).to_bytes(4, "little") for c in text))


def gensim(ngram):
    """The hash of gensim before 3.8: FNV-1a of 32 bits over the characters as numbers."""
    h = SEED
    for character in ngram.decode():
        h = (h ^ ord(character)) * 16777619 % 2**32
    return h


def murmur(data, seed=SEED):
    """MurmurHash3 x64 128 as four 32-bit numbers."""
    mask, c1, c2 = 2**64 - 1, 0x87C37B91114253D5, 0x4CF5AD432745937F

    def turned(x, r):
        return (x << r | x >> (64 - r)) & mask

    def mixed(x):
        for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
            x = (x ^ x >> 33) * factor & mask
        return x ^ x >> 33

    a = b = seed
    whole = len(data) // 16 * 16
    for i in range(0, whole, 16):
        k1, k2 = (int.from_bytes(data[j : j + 8], "little") for j in (i, i + 8))
        a ^= turned(k1 * c1 & mask, 31) * c2 & mask
        a = ((turned(a, 27) + b) * 5 + 0x52DCE729) & mask
        b ^= turned(k2 * c2 & mask, 33) * c1 & mask
        b = ((turned(b, 31) + a) * 5 + 0x38495AB5) & mask
    rest = data[whole:]
    a ^= turned(int.from_bytes(rest[:8], "little") * c1 & mask, 31) * c2 & mask
    b ^= turned(int.from_bytes(rest[8:], "little") * c2 & mask, 33) * c1 & mask
    a, b = a ^ len(data), b ^ len(data)
    a = (a + b) & mask
    b = (a + b) & mask
    a, b = mixed(a), mixed(b)
    a = (a + b) & mask
    b = (a + b) & mask
    return [a & 0xFFFFFFFF, a >> 32, b & 0xFFFFFFFF, b >> 32]


def rows(word, kind, min_n, max_n, bucket, hash_count=1, seed=SEED):
    """The rows of one word, given as bytes."""
    edges = kind in ("finalfusion", "gensim")
    if word == b"</s>" and not edges:
        return []
    grams = ngrams(word, min_n, max_n, edges)
    if kind == "fasttext":
        return [fnv32(gram) % bucket for gram in grams]
    if kind == "gensim":
        return [gensim(gram) % bucket for gram in grams]
    if kind == "finalfusion":
        return [finalfusion(gram) % bucket for gram in grams]
    return [h % bucket for gram in [b"<" + word + b">", *grams] for h in murmur(gram, seed)[:hash_count]]


ODD = "ab zA0<>/é́ßЖя中文字한😀👩‍💻\u0300\u200b\ufeff\uffff\U0010ffff".replace(" ", "")


def odd_words(count, rng):
    """Distinct words of all scripts and lengths, combining marks and brackets among them."""
    ranges = [(97, 122), (0xC0, 0x17F), (0x300, 0x36F), (0x400, 0x45F), (0x4E00, 0x4F00), (0x600, 0x6FF)]
    ranges += [(33, 64), (0x1F600, 0x1F64F), (0x10000, 0x10FFF), (0xE000, 0xE0FF), (0xFFFD, 0xFFFF)]
    found = dict.fromkeys([*ODD, "a", "no", "é" * 50, "<", ">", "<>", "</s", "/s>", "x" * 100])
    while len(found) < count:
        scripts = rng.sample(ranges, rng.randint(1, 3))
        size = rng.choice([1, 1, 2, 3, 4, 6, 9, 15, 40])
        found["".join(chr(rng.randint(*rng.choice(scripts))) for _ in range(size))] = None
    return list(found)
