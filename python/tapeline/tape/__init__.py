"""Tapes: recorded exchange messages as JSON Lines, read and written losslessly."""

from tapeline.tape.frame import Kind, TapeFrame, TapeWarning, format_line, parse_line
from tapeline.tape.reader import TapeReader, read_tapes
from tapeline.tape.writer import TapeWriter

__all__ = [
    "Kind",
    "TapeFrame",
    "TapeReader",
    "TapeWarning",
    "TapeWriter",
    "format_line",
    "parse_line",
    "read_tapes",
]
