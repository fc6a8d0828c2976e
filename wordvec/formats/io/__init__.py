"""What formats share: sources, selections, rows of text and of bytes, pickles as data, writers."""
