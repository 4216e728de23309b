"""What people look at of an answer about films: the strip of its evidence, chapters, and a page that plays it."""
