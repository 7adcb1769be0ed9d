"""Read a PostgreSQL store: COPY in binary out of the server, decoded in Rust."""

from tapeline.access.readers.postgres.reader import PostgresReader, open_reader

__all__ = ["PostgresReader", "open_reader"]
