"""Pushes the same frames to the pipeline and to the reference and compares all they say."""

from collections.abc import Sequence
from typing import Any

from tests.python.property.native import NativePipeline
from tests.python.reference.comparing import compare
from tests.python.reference.output import Output
from tests.python.reference.pipeline import Reference


class Pair:
    """Both implementations with the same settings.

    Parameters
    ----------
    instruments : dict of str to str
        Venue's symbol to normalised symbol.
    **settings
        As for `Reference`.
    """

    def __init__(self, instruments: dict[str, str], **settings: Any) -> None:  # noqa: ANN401
        self.native = NativePipeline(instruments, **settings)
        self.reference = Reference(instruments, **settings)

    def push(
        self, frames: Sequence[bytes], received_ns: int | Sequence[int | None] | None
    ) -> Output:
        """Push to both, compare, and return what the reference said."""
        expected = self.reference.push(frames, received_ns)
        compare(self.native.push(frames, received_ns), expected)
        return expected

    def end(self, received_ns: int | None = None) -> None:
        """Compare the counters, the gaps and the ends of the sessions."""
        assert self.native.counters() == self.reference.counters()
        assert self.native.gaps() == self.reference.gaps()
        assert self.reference.residual() == 0
        compare(self.native.finish(received_ns), self.reference.finish(received_ns))
