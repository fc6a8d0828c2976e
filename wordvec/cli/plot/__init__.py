"""The sub-verbs of `wordvec plot`: one a kind of picture."""
