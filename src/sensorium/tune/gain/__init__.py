"""What a training gained and what it lost: asked before and after, told in figures, in words and as a page."""
