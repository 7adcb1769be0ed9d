"""Clock, logging, metrics and latency histograms."""
