"""What knows nothing of words: options, errors, threads, progress, logs, checks of arguments, compression."""
