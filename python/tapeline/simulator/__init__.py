"""The exchange simulator: replays tapes over a venue's own wire protocol, with faults on demand."""
