"""Progress of long work, on stderr, and only where a person is looking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counting(noun: str, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """Show a running count; yield the function that adds to it.

    Parameters
    ----------
    noun
        What is counted, for example ``"frames"``.
    quiet
        Show nothing, as ``--json`` wants it. A stderr that is no terminal shows nothing either.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} {task.description}"),
        TimeElapsedColumn(),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, disable=hidden, transient=True) as progress:
        task = progress.add_task(noun, total=None)

        def advance(count: int) -> None:
            progress.advance(task, count)

        yield advance
