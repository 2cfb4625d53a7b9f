"""Pictures of at most one object, with its box or its points."""
