"""Addresses as people and logs may see them."""

import re


def without_password(text: str) -> str:
    """Return an address with its password hidden.

    Where it is written wrongly, with a character in the password that ends a host, nobody knows
    where the password ends: then more is hidden, and never less.
    """
    return re.sub(r"(://[^/?#@:]*):.*@", r"\1:***@", text, flags=re.DOTALL)


def without_user(text: str) -> str:
    """Return an address with everything hidden that stands before an ``@``."""
    return re.sub(r"://.*@", "://***@", text, flags=re.DOTALL)
