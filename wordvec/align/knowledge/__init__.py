"""Lexicons as knowledge: word graphs, retrofitting, counter-fitting."""
