"""What stands around words: the means of the vectors of context words, single occurrences, and A La Carte's matrix."""
