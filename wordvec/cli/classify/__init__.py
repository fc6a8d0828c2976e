"""The sub-verbs of `wordvec classify`: train, test, predict, compress."""
