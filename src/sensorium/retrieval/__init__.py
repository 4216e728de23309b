"""Retrieval: queries of words and pictures as vectors, and what a collection teaches about its own words."""

from sensorium.retrieval.query import Query, QueryTerm, parse, vector

__all__ = ["Query", "QueryTerm", "parse", "vector"]
