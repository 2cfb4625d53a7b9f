"""The course's own model files: read as data, none of their code is run."""
