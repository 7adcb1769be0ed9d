"""Computation over what the access layer reads: bars, backtests, their figures and reports."""
