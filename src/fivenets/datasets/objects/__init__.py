"""Pictures with a box and a class for each object: prepared once, read the same way ever after."""
