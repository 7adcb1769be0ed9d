"""Made by proto/gen.py."""
