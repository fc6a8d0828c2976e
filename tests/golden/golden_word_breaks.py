"""Writes wordvec/corpus/word_break_table.py: what each character is to the rules of word breaks (UAX 29).

Made from Python's unicodedata and from lists that the Unicode standard gives and unicodedata does not have: characters
within words and numbers, scripts without spaces, pictographs. Run it with a newer Python for a newer Unicode:
python tests/golden/golden_word_breaks.py > wordvec/corpus/word_break_table.py
"""

import sys
import textwrap
import unicodedata

LETTER, HEBREW, NUMERIC, KATAKANA, UNDERSCORE, MIDLETTER, MIDNUM, MIDNUMLET, SINGLE, DOUBLE, EXTEND, ZWJ, REGIONAL = (
    range(1, 14)
)
EMOJI, PICTOGRAPH, IDEOGRAPH, COMPLEX = range(14, 18)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def points(text):
    """The code points of ranges such as "41-5a aa"."""
    for part in text.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


SPECIAL = {
    MIDLETTER: "3a b7 387 55f 5f4 2027 fe13 fe55 ff1a",
    MIDNUM: "2c 3b 37e 589 60c 60d 66c 7f8 2044 fe50 fe54 ff0c ff1b",
    MIDNUMLET: "2e 2018 2019 2024 fe52 ff07 ff0e",
    SINGLE: "27",
    DOUBLE: "22",
    ZWJ: "200d",
    REGIONAL: "1f1e6-1f1ff",
    NUMERIC: "66b 600-605 6dd 890 891 8e2 110bd 110cd",
    UNDERSCORE: "202f",
    KATAKANA: "3031-3035 309b 309c 30a0 30fc ff70 32d0-32fe 3300-3357",
    EXTEND: "200c ff9e ff9f e0020-e007f 1f3fb-1f3ff",
    LETTER: "2c2-2c5 2d2-2d7 2de 2df 2e5-2eb 2ed 2ef-2ff 55a-55c 55e 58a 5f3 70f a708-a716 a720 a721 a789 a78a ab5b "
    "24b6-24e9 1f130-1f149 1f150-1f169 1f170-1f189",
    IDEOGRAPH: "3006 3007 3021-3029 3038-303a 17000-187f7 18800-18aff 18d00-18d08",
}
# scripts whose words have no spaces, and need a dictionary: Thai, Lao, Myanmar, Khmer, Tai Le and others
NO_SPACES = "e01-e3a e40-e4e e80-edf 1000-109f 1780-17dc 1950-19df 1a20-1aad a9e0-a9fe aa60-aadf 11700-1174f"
# Extended_Pictographic, and those of them that are shown as emoji without a variation selector
PICTOGRAPHS = """
a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 231a-231b 2328 2388 23cf 23e9-23f3 23f8-23fa 24c2 25aa-25ab 25b6
25c0 25fb-25fe 2600-2605 2607-2612 2614-2685 2690-2705 2708-2712 2714 2716 271d 2721 2728 2733-2734 2744 2747
274c 274e 2753-2755 2757 2763-2767 2795-2797 27a1 27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d
3297 3299
"""
EMOJIS = """
231a-231b 23e9-23ec 23f0 23f3 25fd-25fe 2614-2615 2648-2653 267f 2693 26a1 26aa-26ab 26bd-26be 26c4-26c5 26ce
26d4 26ea 26f2-26f3 26f5 26fa 26fd 2705 270a-270b 2728 274c 274e 2753-2755 2757 2795-2797 27b0 27bf 2b1b-2b1c
2b50 2b55 1f000-1f0ff 1f10d-1f10f 1f12f 1f16c-1f171 1f17e-1f17f 1f18e 1f191-1f19a 1f1ad-1f1e5 1f201-1f20f 1f21a
1f22f 1f232-1f23a 1f23c-1f23f 1f249-1f3fa 1f400-1f53d 1f546-1f64f 1f680-1f6ff 1f774-1f77f 1f7d5-1f7ff
1f80c-1f80f 1f848-1f84f 1f85a-1f85f 1f888-1f88f 1f8ae-1f8ff 1f90c-1f93a 1f93c-1f945 1f947-1faff 1fc00-1fffd
"""


def kind(code):
    """The class of a character by its category and name."""
    character = chr(code)
    category, name = unicodedata.category(character), unicodedata.name(character, "")
    if category in ("Mn", "Mc", "Me") or (category == "Cf" and code not in (0x200B, 0x200C, 0x200D)):
        return EXTEND
    if category == "Nd":
        return NUMERIC
    if category == "Pc":
        return UNDERSCORE
    if category not in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl"):
        return 0
    if name.startswith("HEBREW LETTER") or (name.startswith("HEBREW") and category == "Lo"):
        return HEBREW
    if name.startswith(("KATAKANA", "HALFWIDTH KATAKANA")):
        return KATAKANA
    wide = ("CJK", "HIRAGANA", "HENTAIGANA", "TANGUT", "NUSHU", "KHITAN")
    return IDEOGRAPH if name.startswith(wide) else LETTER


def classes():
    """The class of every code point."""
    table = [kind(code) for code in range(0x110000)]
    for code in points(NO_SPACES):
        table[code] = COMPLEX if table[code] == LETTER else table[code]
    pictures = {code: PICTOGRAPH for code in points(PICTOGRAPHS)} | {code: EMOJI for code in points(EMOJIS)}
    for code, picture in pictures.items():
        table[code] = picture if table[code] in (0, PICTOGRAPH) else table[code]
    for number, text in SPECIAL.items():
        for code in points(text):
            table[code] = number
    return table


def in_digits(number):
    """A number in base 36."""
    return (in_digits(number // 36) if number >= 36 else "") + DIGITS[number % 36]


def module():
    """The text of the module."""
    table = classes()
    starts = [code for code in range(len(table)) if code == 0 or table[code] != table[code - 1]]
    ends = [*starts[1:], len(table)]
    runs = "".join(in_digits(end - start) + chr(65 + table[start]) for start, end in zip(starts, ends, strict=True))
    lines = "\n".join(f'    "{line}"' for line in textwrap.wrap(runs, 110))
    return (
        '"""Runs of characters by their class in word breaks: a length in base 36 and a letter; made, not written.\n\n'
        "tests/golden/golden_word_breaks.py makes it, and says what the classes are.\n"
        f'"""\n\nUNICODE = "{unicodedata.unidata_version}"\n\nRUNS = (\n{lines}\n)\n'
    )


if __name__ == "__main__":
    sys.stdout.write(module())
