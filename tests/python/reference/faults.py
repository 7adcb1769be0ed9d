"""The one exception of the reference: a frame cannot become an event."""


class FaultError(Exception):
    """A frame is irreparable, and why.

    Parameters
    ----------
    reason : str
        Name of an irreparable issue code.
    field : str
        The key at fault in the venue's spelling, ``$`` for the frame itself.
    offset : int or None
        Bytes from the start of the frame, for faults of encoding and JSON text.
    stage : int
        The cleaning stage that gives up, 1 to 6.
    """

    def __init__(
        self, reason: str, field: str = "$", offset: int | None = None, stage: int = 1
    ) -> None:
        super().__init__(reason, field, offset, stage)
        self.reason = reason
        self.field = field
        self.offset = offset
        self.stage = stage
