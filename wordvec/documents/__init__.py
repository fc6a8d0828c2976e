"""Vectors of documents that are trained, not averaged: paragraph vectors, Sent2Vec, topics by keyword."""

from wordvec.documents.paragraphs import PVDBOW, PVDM, Documents
from wordvec.documents.sent2vec import Sent2Vec, Sentences
from wordvec.documents.topics import Topics

__all__ = ["PVDBOW", "PVDM", "Documents", "Sent2Vec", "Sentences", "Topics"]
