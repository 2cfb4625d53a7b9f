"""Prepared data sets: made by `prepare`, read by `load`."""

import fivenets.quiet  # noqa: F401
