"""Encoded batches: reading them, and the names of the topics they travel on."""
