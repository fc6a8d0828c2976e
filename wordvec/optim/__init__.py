"""What trainers share: gradient descent and its callbacks, factorisation, singular vectors, sparse products."""
