"""Computation over what the access layer reads: strategies tried on recorded markets."""
