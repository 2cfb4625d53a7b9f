"""Prepared data sets: made by `prepare`, read by `load`."""

import fivenets.core.quiet  # noqa: F401
