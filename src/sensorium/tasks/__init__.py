"""Tasks: examples with their answers, and the files that hold them."""
