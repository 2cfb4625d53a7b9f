"""Faces: embeddings, triplet losses, verification (1:1) and recognition (1:K)."""
