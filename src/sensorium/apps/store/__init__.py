"""The store: a page that finds products by words, by a photo, by voice, or by all of them."""
