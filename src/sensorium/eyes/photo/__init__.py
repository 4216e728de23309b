"""The picture itself: quality, colours, background, how many things."""
