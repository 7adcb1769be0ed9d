"""Send encoded batches to a bus, and nothing else: no look inside the bytes, no consuming."""
