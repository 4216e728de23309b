"""Choosing a model: what several ways to answer got right on the user's own questions, in what time, for what money."""
