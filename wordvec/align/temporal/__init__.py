"""Slices of time, source or place: alignment, drift, compass training (CADE)."""
