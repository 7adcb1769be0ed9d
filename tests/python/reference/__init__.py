"""A slow, plain reading of docs/cleaning.md, written from that document alone.

Nothing here imports tapeline. The tests hold the Rust pipeline against it, verdict for verdict.
"""
