"""A process that never needs pandas does not wait for it.

Arrow imports pandas, where it is installed, with the first array made of a list: more than half of
the time a command takes to start.
"""

import sys
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Never


class _Missing(Loader):
    """Finds and loads ``pandas``, in vain: it is not there for whoever asks."""

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Say that it would be loaded from here."""
        return ModuleSpec(name, self) if name == "pandas" else None

    def create_module(self, spec: ModuleSpec) -> Never:
        """Refuse."""
        raise ModuleNotFoundError("this process does without pandas", name=spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Never reached."""


def leave_out_pandas() -> None:
    """Let ``import pandas`` fail in this process, if nothing has imported it yet."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, _Missing())
