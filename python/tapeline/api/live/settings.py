"""Limits of the live socket."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """What an operator may choose; docs/live-socket.md has the same table."""

    max_message_bytes: int = 4096
    """Of a message from a client; a longer one closes the connection with 1009."""
    messages_per_s: float = 20.0
    """Of a client, on average; more close the connection with 4429."""
    messages_at_once: int = 200
    max_subscriptions: int = 64
    """Of a connection."""
    max_silent_topics: int = 10_000
    """Topics that somebody subscribed to and nobody published."""
    max_clients: int = 1024
    max_clients_per_address: int = 64
    """Of an address elsewhere; of IPv6 its /64 counts as one."""
    handshakes_per_s: float = 5.0
    """Connections that an address elsewhere may open, on average; more are closed with 4429."""
    handshakes_at_once: int = 100
    guesses_per_s: float = 1.0
    """Wrong tokens of an address that are answered as such, on average; more with 4429."""
    guesses_at_once: int = 20
    max_waiting_frames: int = 512
    """Frames that wait for a client; more are dropped, and said."""
    max_waiting_bytes: int = 1_048_576
    max_waiting_updates: int = 16
    """Updates of one book that wait for a client; more become a snapshot."""
    slow_after_s: float = 8.0
    """A client that takes nothing for so long is cut off."""
    message_bytes: int = 262_144
    """A binary message holds frames up to so many bytes, or one that is longer."""
    kernel_buffer_bytes: int = 262_144
    """What the kernel may hold for a client."""
    ping_every_s: float = 20.0
    pong_within_s: float = 40.0
    """A client that does not answer a ping in this time is closed."""
    inlet_items: int = 4096
    """Publications that wait for the event loop; then the reading of the bus waits."""
