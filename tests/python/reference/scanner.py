"""A scanner of RFC 8259 texts that names the first fault from left to right (rule 6).

It makes no values: ``json.loads`` does that for texts that pass here. It works on bytes, because
offsets count bytes; the bytes are known to be UTF-8 without NUL.
"""

from typing import Final

from .faults import FaultError

MAX_DEPTH: Final = 128
_SPACE: Final = frozenset(b" \t\n\r")
_DIGITS: Final = frozenset(b"0123456789")
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_SIMPLE_ESCAPES: Final = frozenset(b'"\\/bfnrt')
_LOW_ESCAPE: Final = (
    frozenset(b"\\"),
    frozenset(b"u"),
    frozenset(b"dD"),
    frozenset(b"cdefCDEF"),
    _HEX,
    _HEX,
)


class Scanner:
    """One pass over one text.

    Parameters
    ----------
    text : bytes
        The whole frame.
    start : int
        Where the JSON text begins, after a byte order mark.
    """

    def __init__(self, text: bytes, start: int = 0) -> None:
        self.text = text
        self.at = start

    def scan(self) -> None:
        """Pass over the whole text.

        Raises
        ------
        FaultError
            The first fault: truncated, depth, encoding, not_json or trailing, with its offset.
        """
        self._scan_value()
        self._skip_space()
        if self.at < len(self.text):
            raise FaultError("trailing", offset=self.at)

    # -- small steps ---------------------------------------------------------------------------

    def _peek(self) -> int:
        """Return the next byte; the text must not end here."""
        if self.at >= len(self.text):
            raise FaultError("truncated", offset=len(self.text))
        return self.text[self.at]

    def _offend(self) -> FaultError:
        return FaultError("not_json", offset=self.at)

    def _expect_one_of(self, allowed: frozenset[int]) -> int:
        byte = self._peek()
        if byte not in allowed:
            raise self._offend()
        self.at += 1
        return byte

    def _skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _SPACE:
            self.at += 1

    # -- values --------------------------------------------------------------------------------

    def _scan_value(self) -> None:
        """Pass over one value, containers included, without recursion."""
        closers: list[int] = []
        while True:
            self._skip_space()
            byte = self._peek()
            if byte in b"{[":
                if len(closers) == MAX_DEPTH:
                    raise FaultError("depth", offset=self.at)
                self.at += 1
                closers.append(ord("}") if byte == ord("{") else ord("]"))
                if not self._opens_empty(closers):
                    continue
            else:
                self._scan_scalar(byte)
            if not self._goes_on(closers):
                return

    def _opens_empty(self, closers: list[int]) -> bool:
        """After an opening bracket: close an empty container, or read up to its first value."""
        self._skip_space()
        if self._peek() == closers[-1]:
            self.at += 1
            closers.pop()
            return True
        if closers[-1] == ord("}"):
            self._scan_key()
        return False

    def _goes_on(self, closers: list[int]) -> bool:
        """After a value: close what ends here; true when another value must follow."""
        while closers:
            self._skip_space()
            byte = self._peek()
            if byte == closers[-1]:
                self.at += 1
                closers.pop()
            elif byte == ord(","):
                self.at += 1
                if closers[-1] == ord("}"):
                    self._scan_key()
                return True
            else:
                raise self._offend()
        return False

    def _scan_key(self) -> None:
        self._skip_space()
        if self._peek() != ord('"'):
            raise self._offend()
        self._scan_string()
        self._skip_space()
        self._expect_one_of(frozenset(b":"))

    def _scan_scalar(self, byte: int) -> None:
        if byte == ord('"'):
            self._scan_string()
        elif byte == ord("-") or byte in _DIGITS:
            self._scan_number()
        else:
            for literal in (b"true", b"false", b"null"):
                if byte == literal[0]:
                    self._scan_literal(literal)
                    return
            raise self._offend()

    def _scan_literal(self, literal: bytes) -> None:
        for expected in literal:
            if self._peek() != expected:
                raise self._offend()
            self.at += 1

    def _scan_number(self) -> None:
        if self._peek() == ord("-"):
            self.at += 1
        if self._expect_one_of(_DIGITS) != ord("0"):
            self._skip_digits()
        if self._next_is(b"."):
            self.at += 1
            self._expect_one_of(_DIGITS)
            self._skip_digits()
        if self._next_is(b"eE"):
            self.at += 1
            if self._peek() in b"+-":
                self.at += 1
            self._expect_one_of(_DIGITS)
            self._skip_digits()

    def _next_is(self, bytes_: bytes) -> bool:
        return self.at < len(self.text) and self.text[self.at] in bytes_

    def _skip_digits(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _DIGITS:
            self.at += 1

    # -- strings -------------------------------------------------------------------------------

    def _scan_string(self) -> None:
        self.at += 1
        while True:
            byte = self._peek()
            if byte == ord('"'):
                self.at += 1
                return
            if byte == ord("\\"):
                self._scan_escape()
            elif byte < 0x20:
                raise self._offend()
            else:
                self.at += 1

    def _scan_escape(self) -> None:
        backslash = self.at
        self.at += 1
        if self._peek() in _SIMPLE_ESCAPES:
            self.at += 1
            return
        if self._peek() != ord("u"):
            raise self._offend()
        self.at += 1
        digits = bytes(self._expect_one_of(_HEX) for _ in range(4))
        code = int(digits, 16)
        if 0xDC00 <= code <= 0xDFFF:
            raise FaultError("encoding", offset=backslash)
        if 0xD800 <= code <= 0xDBFF:
            self._scan_low_escape(backslash)

    def _scan_low_escape(self, high: int) -> None:
        """Pass over the second half of a surrogate pair; ``high`` is the first half's offset."""
        for allowed in _LOW_ESCAPE:
            if self.at >= len(self.text):
                raise FaultError("truncated", offset=len(self.text))
            if self.text[self.at] not in allowed:
                raise FaultError("encoding", offset=high)
            self.at += 1
