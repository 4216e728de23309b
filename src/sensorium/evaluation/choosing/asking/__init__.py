"""Asking the rows of a comparison: local ones in a process of their own, hosted ones within a budget."""
