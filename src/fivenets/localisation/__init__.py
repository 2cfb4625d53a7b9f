"""One object in a picture, or none: whether, what and where; or where each of its points is."""
