"""Runs and registered models: the store, the registry, lineage, results, serving."""
