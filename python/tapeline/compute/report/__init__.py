"""A run as one HTML file that needs nothing else: no network, no server."""

from tapeline.compute.report.page import render, write_report

__all__ = ["render", "write_report"]
