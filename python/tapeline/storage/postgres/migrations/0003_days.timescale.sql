-- Types that are dropped day by day, with TimescaleDB: a chunk a UTC day. Rows without any time have the
-- time 1970-01-01. Chunks turn into columns a day after the last late row may come.

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
);

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
);

CREATE TABLE orderbook_snapshot (LIKE orderbook);

SELECT create_hypertable('trade', by_range('time', INTERVAL '1 day'), create_default_indexes => FALSE);
SELECT create_hypertable('orderbook', by_range('time', INTERVAL '1 day'), create_default_indexes => FALSE);
SELECT create_hypertable(
    'orderbook_snapshot', by_range('time', INTERVAL '1 day'), create_default_indexes => FALSE
);

ALTER TABLE trade SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'symbol_id',
    timescaledb.orderby = 'time, log_offset, log_index'
);
CALL add_columnstore_policy('trade', after => INTERVAL '2 days');

ALTER TABLE orderbook SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'symbol_id',
    timescaledb.orderby = 'time, log_offset, log_index'
);
CALL add_columnstore_policy('orderbook', after => INTERVAL '2 days');

ALTER TABLE orderbook_snapshot SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'symbol_id',
    timescaledb.orderby = 'time, log_offset, log_index'
);
CALL add_columnstore_policy('orderbook_snapshot', after => INTERVAL '2 days');
