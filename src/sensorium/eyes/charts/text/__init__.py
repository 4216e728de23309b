"""The text in a chart: labels, ticks, titles."""
