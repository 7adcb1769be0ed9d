"""The consumer: reads the bus, decodes, hands chunks to one store."""
