"""SIGNS: hands that show zero to five fingers."""
