"""Faces: photographs by person, real or drawn."""
