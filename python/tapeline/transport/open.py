"""Open a bus by its address."""

from dataclasses import replace
from pathlib import Path

from tapeline.telemetry.clock import Clock, SystemClock
from tapeline.transport.kafka import KafkaSink
from tapeline.transport.kafka_settings import KafkaSettings, Profile
from tapeline.transport.local import LocalSettings, LocalSink
from tapeline.transport.nats_settings import NatsSettings
from tapeline.transport.ports import AckHook, Capabilities, MessageSink
from tapeline.transport.uris import KafkaUri, NatsUri, ZmqUri, parse_uri
from tapeline.transport.zeromq import ZmqSink


def open_sink(
    uri: str,
    *,
    kafka: KafkaSettings | None = None,
    local: LocalSettings | None = None,
    spool: Path | None = None,
    clock: Clock | None = None,
    on_ack: AckHook | None = None,
) -> MessageSink:
    """Open the sink a transport address names.

    Parameters
    ----------
    uri
        ``kafka://HOST:PORT[,HOST:PORT][?profile=ordered&layout=market&...]``,
        ``nats://HOST:PORT[,HOST:PORT][/PREFIX][?layout=market&...]``, ``zmq+tcp://HOST:PORT``,
        ``zmq+ipc://PATH`` or ``local:PATH``.
    spool
        Where messages wait for a bus that is away, unless the address says.
    kafka, local
        Settings for what the address does not say; what it says wins.
    clock
        For ages and latencies; the machine's by default.
    on_ack
        Called from ``poll`` with ``(latency_ns, n_messages)``.

    Raises
    ------
    SettingsError
        The address is not one of the allowed forms.
    TransportError
        The file or the spool cannot be used. An absent broker is no error: messages are spooled.
    """
    address = parse_uri(uri)
    time = clock if clock is not None else SystemClock()
    if isinstance(address, KafkaUri):
        settings = kafka_settings(address, kafka)
        if settings.spool is None:
            settings = replace(settings, spool=spool)
        return KafkaSink(settings, clock=time, on_ack=on_ack)
    if isinstance(address, NatsUri):
        # Its client takes longer to import than all the rest.
        from tapeline.transport.nats import NatsSink
        from tapeline.transport.nats_identity import batch_name

        return NatsSink(
            nats_settings(address, spool), clock=time, name_of=batch_name, on_ack=on_ack
        )
    if isinstance(address, ZmqUri):
        return ZmqSink(address, clock=time, on_ack=on_ack)
    base = local if local is not None else LocalSettings(path=address.path)
    return LocalSink(
        replace(base, path=address.path, durable=address.durable or base.durable),
        clock=time,
        on_ack=on_ack,
    )


def capabilities(uri: str) -> Capabilities:
    """Say what the bus of an address promises.

    Raises
    ------
    SettingsError
        The address is not one of the allowed forms.
    """
    if isinstance(parse_uri(uri), ZmqUri):
        return Capabilities(is_lossy=True, keeps=False)
    return Capabilities()


def kafka_settings(address: KafkaUri, base: KafkaSettings | None = None) -> KafkaSettings:
    """Lay what an address says over settings."""
    settings = base if base is not None else KafkaSettings(servers=address.servers)
    profile = settings.profile if address.profile is None else Profile(address.profile)
    return replace(
        settings,
        servers=address.servers,
        profile=profile,
        layout=settings.layout if address.layout is None else address.layout,
        compression=address.compression or settings.compression,
        spool=settings.spool if address.spool is None else address.spool,
        partitions=settings.partitions if address.partitions is None else address.partitions,
        replication=settings.replication if address.replication is None else address.replication,
        retention_ms=settings.retention_ms
        if address.retention_ms is None
        else address.retention_ms,
    )


def nats_settings(address: NatsUri, spool: Path | None = None) -> NatsSettings:
    """Lay what an address says over the settings."""
    said = {
        name: getattr(address, name)
        for name in ("layout", "spool", "replication", "retention_ms", "max_bytes", "window_s")
    }
    known = {name: value for name, value in said.items() if value is not None}
    return replace(NatsSettings(address=address, spool=spool), **known)
