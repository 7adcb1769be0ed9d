"""Standard output for tables of events."""

from rich.console import Console


class EventConsole(Console):
    """Cuts nothing off where it writes into a file or a pipe.

    One that nobody reads any more (``| head``) raises BrokenPipeError, as a file does.
    """

    def __init__(self) -> None:
        super().__init__(width=None if Console().is_terminal else 160)

    def on_broken_pipe(self) -> None:
        """Leave it to the command, which knows that this is no fault."""
        raise BrokenPipeError
