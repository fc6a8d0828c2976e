"""What formats share: sources, selections, rows as text and as bytes, pickles as data, writers."""
