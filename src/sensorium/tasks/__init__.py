"""Examples with right answers, and the files that hold them."""
