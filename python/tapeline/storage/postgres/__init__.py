"""The PostgreSQL store: one transaction a write, with TimescaleDB where it is there."""
