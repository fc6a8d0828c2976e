"""Bilingual lexicons: seed dictionaries, self-learning, dictionary induction, evaluation."""
