"""Measuring models: runs, metrics, statistics, reports."""
