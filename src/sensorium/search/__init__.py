"""Search: an index of pictures with their columns and the text in them, in a folder or in object storage."""

from sensorium.search.engine import Searcher
from sensorium.search.results import Hit, SearchOptions, SearchResult, Why
from sensorium.search.table import Index, IndexInfo, Match

__all__ = ["Hit", "Index", "IndexInfo", "Match", "SearchOptions", "SearchResult", "Searcher", "Why"]
