"""Addresses of Tidepool spot."""

STREAM = "wss://feed.tidepool.example"
PRINTS = "/prints"
BOOKS = "/books"
REST = "https://api.tidepool.example"
