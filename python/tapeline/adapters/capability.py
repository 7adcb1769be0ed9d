"""What a channel of a market says, and what its messages can prove. Names no venue."""

from dataclasses import dataclass
from typing import Literal

Proof = Literal["proven", "inferred", "unverifiable"]
"""What a hole in the ids of a channel proves.

``proven``: the venue promises ids without holes. ``inferred``: there is no hole in any recording,
but no promise. ``unverifiable``: nothing that the venue sends can show a loss.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One channel of one market.

    Parameters
    ----------
    channel
        As events, coverage records and counters name it.
    type
        ``trade``, ``l1``, ``l2``, ``funding`` or ``liquidation``.
    ids
        What identifies a message, and how one follows another.
    loss
        See `Proof`.
    recovery
        How what is lost is known again; empty where it is not.
    quantity
        What a quantity of 1 in a message counts; empty where there are none.
    time
        Which time of the venue becomes the event's timestamp; empty where it says none.
    evidence
        Document or recording that shows it.
    """

    channel: str
    type: Literal["trade", "l1", "l2", "funding", "liquidation"]
    ids: str
    loss: Proof
    recovery: str
    quantity: str
    time: str
    evidence: str
