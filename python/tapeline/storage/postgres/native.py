"""Tables to and from PostgreSQL's binary COPY format: the façade over the Rust coder."""

from tapeline._core import CopiedRows, CopyDecoder, CopyEncoder

__all__ = ["CopiedRows", "CopyDecoder", "CopyEncoder"]
