"""gensim's own tests, from where gensim is installed, through wordvec.gensim: what fails is listed, with the reason."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("gensim", reason="gensim is not installed")
pytestmark = pytest.mark.slow
RUNNER = Path(__file__).parent / "gensim_suite.py"

INTERNAL = "it tests a function inside gensim that no user calls"
LOG = "it looks for a sentence of gensim in the log; wordvec has messages of its own"
WHOLE = "FormatError where gensim raises EOFError: the header counts rows that are not there"
COUNTS = "counts that no file holds are not made up"
KEPT = "words that are no UTF-8 are kept as they are, and written back the same"
MEAN = "dm_mean=0 is refused: the mean of a window is taken, not the sum"
CONCAT = "dm_concat=1 is refused: the words of a window are not joined"
NATIVE = "phrases are saved in a native file, not a pickle; files of gensim are not read"
CHANCE = "3CosAdd and 3CosMul are two formulas: with vectors of a short text they solve the same analogies by chance"
OPTIONS = "fastText's .bin: options that were not those of the training"
ANALYSIS = ("simple_analysis", "analysis_bigrams", "analysis_connector_words", "analysis_connector_words_in_between")
SAVED = ("_custom_scorer", "_no_common_terms", "_no_scoring", "_string_scoring", "_with_connector_words")

WORD2VEC = {
    "test_build_vocab_warning": "strings in the place of token lists are refused; gensim trains on their letters",
    "test_cosmul": "a word and its unit vector in float32 have cosines that differ in the tenth digit",
    "test_evaluate_word_analogies": CHANCE,
    "test_persistence_word2vec_format": "datatype=float16 is refused: vectors in memory are float32",
    "test_too_short_binary_word2vec_format": WHOLE,
    "test_too_short_text_word2vec_format": WHOLE,
    "test_train_hs_and_neg": LOG,
    "test_train_warning": LOG,
    "test_vocab": "the codes of hierarchical softmax are not attributes of words",
}
EXPECTED = {
    "test_keyedvectors": {
        "test_load_model_and_vocab_file_strict": KEPT,
        "test_vectors_for_all_with_copy_vecattrs": COUNTS,
        "test_vectors_for_all_without_copy_vecattrs": COUNTS,
    },
    "test_word2vec": {**WORD2VEC, "test_cython_line_sentence_works_with_filename": INTERNAL},
    "test_fasttext": {
        **{f"TestWord2VecModel::{name}": why for name, why in WORD2VEC.items()},
        "test_estimate_memory": "there is no estimate of memory",
        "test_get_vocab_word_vecs": INTERNAL,
        "FTHashFunctionsTest::test_cython": INTERNAL,
        **dict.fromkeys(("test_bytes_cy", "test_fb", "test_text_cy", "test_text_cy_wide_unicode"), INTERNAL),
        **dict.fromkeys(("UnicodeVocabTest::test_ascii", "test_bad_unicode"), INTERNAL),
        **dict.fromkeys(("test_compressed", "test_decompressed"), INTERNAL),
        **dict.fromkeys((f"UnpackTest::test_{name}" for name in ("identity", "sanity", "tricky")), INTERNAL),
        **dict.fromkeys((f"SaveFacebookFormatModelTest::test_{name}" for name in ("cbow", "skipgram")), OPTIONS),
        **dict.fromkeys(
            (f"SaveGensimByteIdentityTest::test_{name}" for name in ("cbow", "skipgram")),
            "rows of words are found again from their vectors, so that the last bits of a .bin differ",
        ),
    },
    "test_doc2vec": {
        "test_build_vocab_warning": WORD2VEC["test_build_vocab_warning"],
        "test_train_warning": LOG,
        "test_cython_linesentence_readline_after_getting_offsets": INTERNAL,
        "test_get_offsets_and_start_doctags": INTERNAL,
        "test_mixed_tag_types": "documents of dm=1 have one tag each, and tags are all text or all integers",
        "test_deterministic_dmc": CONCAT,
        **dict.fromkeys((f"test_dmc_{loss}{of}" for loss in ("hs", "neg") for of in ("", "_fromfile")), CONCAT),
        **dict.fromkeys((f"test_dms_{loss}{of}" for loss in ("hs", "neg") for of in ("", "_fromfile")), MEAN),
    },
    "test_phrases": {
        **{f"TestPhraseAnalysis::test_{name}": INTERNAL for name in ANALYSIS},
        "TestPhrasesModel::test_export_phrases": "a word of an earlier pass, `human interface`, is no pair of words",
        "test_pruning": "no count is dropped to save memory: max_vocab_size is ignored",
        "test_compatibility": NATIVE,
        **{f"test_save_load{name}": NATIVE for name in ("", *SAVED)},
    },
}
PASSED = {"test_keyedvectors": 30, "test_word2vec": 70, "test_fasttext": 127, "test_doc2vec": 31, "test_phrases": 36}


@pytest.mark.parametrize("module", EXPECTED)
def test_gensims_own_tests(module, tmp_path):
    if importlib.util.find_spec(f"gensim.test.{module}") is None:
        pytest.skip("gensim is installed without its tests")
    command = [sys.executable, "-W", "ignore", RUNNER, f"gensim.test.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900, cwd=tmp_path)
    found = json.loads(done.stdout)

    def reason(name):
        return EXPECTED[module].get(name) or EXPECTED[module].get(name.rpartition("::")[2])

    assert {name: why for name, why in found["failed"].items() if not reason(name)} == {}
    assert [name for name in found["passed"] if reason(name) not in (None, CHANCE)] == []
    assert len(found["passed"]) >= PASSED[module]
