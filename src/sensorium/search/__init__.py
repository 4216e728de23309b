"""Search: an index of pictures with their columns and the text in them, in a folder or in object storage."""

from sensorium.search.table import Index, IndexInfo, Match

__all__ = ["Index", "IndexInfo", "Match"]
