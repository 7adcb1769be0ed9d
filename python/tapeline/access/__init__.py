"""One way to read what stores keep: by time, instrument and type, whichever store answers."""
