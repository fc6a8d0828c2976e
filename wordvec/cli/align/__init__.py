"""The sub-verbs of `wordvec align`: maps, self-learning, slices of a corpus, meta-embeddings, retrofitting."""
