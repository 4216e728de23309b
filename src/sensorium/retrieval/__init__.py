"""Retrieval: queries of words and pictures as vectors, and what a collection teaches about its own words."""

from sensorium.retrieval.learned_map import LearnedMap, MapGain, fit, load_map
from sensorium.retrieval.query import Query, QueryTerm, parse, query_rows, scores, vector

__all__ = ["LearnedMap", "MapGain", "Query", "QueryTerm", "fit", "load_map", "parse", "query_rows", "scores", "vector"]
