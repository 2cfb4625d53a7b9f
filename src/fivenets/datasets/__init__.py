"""Prepared data sets: made by `prepare`, read by `load`."""
