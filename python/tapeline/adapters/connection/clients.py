"""Which library opens connections."""

from enum import StrEnum
from importlib.util import find_spec

from tapeline.adapters.connection.ports import Dial
from tapeline.errors import SettingsError


class Client(StrEnum):
    """The libraries there are; ``auto`` is picows where it is installed."""

    WEBSOCKETS = "websockets"
    PICOWS = "picows"
    AUTO = "auto"


def dial_with(client: Client, *, needs_compression: bool = False) -> Dial:
    """Return the function that opens connections; ``auto`` is the one that can compress.

    Raises
    ------
    SettingsError
        ``picows`` was asked for and is not installed, or cannot do what is needed.
    """
    has_picows = find_spec("picows") is not None
    if client is Client.PICOWS and not has_picows:
        raise SettingsError("client picows is not installed: pip install 'tapeline[picows]'")
    if client is Client.PICOWS and needs_compression:
        raise SettingsError("client picows knows no compression: use websockets")
    if client is Client.WEBSOCKETS or not has_picows or needs_compression:
        from tapeline.adapters.connection.websockets_client import dial_websockets

        return dial_websockets
    from tapeline.adapters.connection.picows_client import dial_picows

    return dial_picows
