"""The live socket: topics, bounded clients, and the bytes they get."""
