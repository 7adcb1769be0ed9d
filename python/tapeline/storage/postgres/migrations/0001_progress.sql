-- Names, how far the store is, and which times it has rows of.

CREATE TABLE exchange (
    exchange_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);

-- An instrument as events name it. `symbol` and `raw_symbol` are NULL where a quarantined frame named none.
CREATE TABLE symbol (
    symbol_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange_id smallint NOT NULL REFERENCES exchange,
    market text NOT NULL,
    symbol text,
    raw_symbol text,
    UNIQUE NULLS NOT DISTINCT (exchange_id, market, symbol, raw_symbol)
);

-- Written in the transaction of the rows: the next message to read of each partition.
CREATE TABLE ingest_offsets (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- The latest batches taken: runs of consecutive numbers with their CRC32Cs, 4 bytes each, little-endian.
CREATE TABLE ingest_batches (
    run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    producer bytea NOT NULL,
    routing_key text NOT NULL,
    first_batch numeric(20, 0) NOT NULL,
    checksums bytea NOT NULL
);
CREATE INDEX ingest_batches_stream ON ingest_batches (routing_key);

-- First and last time of the rows of an instrument and type; both NULL when none of them has a time.
CREATE TABLE span (
    event_type text NOT NULL,
    symbol_id integer NOT NULL REFERENCES symbol,
    first_ns bigint,
    last_ns bigint,
    PRIMARY KEY (event_type, symbol_id)
);

-- How many rows a table has of a UTC day (days since 1970-01-01).
CREATE TABLE day_rows (
    table_name text NOT NULL,
    day integer NOT NULL,
    rows bigint NOT NULL,
    PRIMARY KEY (table_name, day)
);
