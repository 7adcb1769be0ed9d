-- Types that are dropped day by day, without TimescaleDB: a partition a UTC day, which the writer makes
-- when it first has rows of it. Rows without any time have the time 1970-01-01.

CREATE TABLE trade (
    time timestamptz NOT NULL,
    timestamp_ns bigint NOT NULL,
    received_ns bigint,
    log_offset bigint NOT NULL,
    event_id uuid NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    exchange_id smallint NOT NULL,
    side char(1),
    price numeric(38, 18) NOT NULL,
    quantity numeric(38, 18) NOT NULL,
    native_id text,
    quality text NOT NULL,
    issues text[],
    metadata text[]
) PARTITION BY RANGE (time);

CREATE TABLE orderbook (
    time timestamptz NOT NULL,
    timestamp_ns bigint,
    received_ns bigint,
    first_update_id bigint,
    last_update_id bigint,
    prev_update_id bigint,
    log_offset bigint NOT NULL,
    event_id uuid NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    depth integer NOT NULL,
    exchange_id smallint NOT NULL,
    action text NOT NULL,
    origin text NOT NULL,
    bid_price numeric(38, 18)[],
    bid_quantity numeric(38, 18)[],
    ask_price numeric(38, 18)[],
    ask_quantity numeric(38, 18)[],
    quality text NOT NULL,
    issues text[],
    metadata text[]
) PARTITION BY RANGE (time);

CREATE TABLE orderbook_snapshot (LIKE orderbook) PARTITION BY RANGE (time);
