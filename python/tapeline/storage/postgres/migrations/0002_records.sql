-- Types that are kept for ever, and klines. `time` is the row's time in whole microseconds.

CREATE TABLE funding (
    time timestamptz NOT NULL,
    timestamp_ns bigint,
    received_ns bigint,
    interval_ns bigint,
    next_funding_ns bigint,
    log_offset bigint NOT NULL,
    event_id uuid NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    exchange_id smallint NOT NULL,
    rate numeric(38, 18),
    mark_price numeric(38, 18),
    index_price numeric(38, 18),
    quality text NOT NULL,
    issues text[],
    metadata text[]
);

CREATE TABLE liquidation (
    time timestamptz NOT NULL,
    timestamp_ns bigint,
    received_ns bigint,
    log_offset bigint NOT NULL,
    event_id uuid NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    exchange_id smallint NOT NULL,
    side char(1),
    price numeric(38, 18) NOT NULL,
    average_price numeric(38, 18),
    quantity numeric(38, 18) NOT NULL,
    status text,
    quality text NOT NULL,
    issues text[],
    metadata text[]
);

CREATE TABLE coverage (
    time timestamptz NOT NULL,
    start_ns bigint,
    end_ns bigint,
    received_ns bigint,
    log_offset bigint NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    exchange_id smallint NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    proof text NOT NULL,
    first_id numeric(20, 0),
    last_id numeric(20, 0),
    reason text NOT NULL
);

CREATE TABLE quarantine (
    time timestamptz NOT NULL,
    received_ns bigint,
    log_offset bigint NOT NULL,
    symbol_id integer NOT NULL,
    log_index integer NOT NULL,
    stage integer NOT NULL,
    exchange_id smallint NOT NULL,
    reason text NOT NULL,
    field text NOT NULL,
    "offset" numeric(20, 0),
    raw_length numeric(20, 0) NOT NULL,
    raw bytea NOT NULL
);

-- Filled by `tapeline archive klines --into`; a kline that comes again replaces the one before.
CREATE TABLE kline (
    time timestamptz NOT NULL,
    interval_ns bigint NOT NULL,
    start_ns bigint NOT NULL,
    trades bigint NOT NULL,
    gaps bigint NOT NULL,
    symbol_id integer NOT NULL REFERENCES symbol,
    exchange_id smallint NOT NULL REFERENCES exchange,
    open numeric(38, 18) NOT NULL,
    high numeric(38, 18) NOT NULL,
    low numeric(38, 18) NOT NULL,
    close numeric(38, 18) NOT NULL,
    volume numeric(38, 18) NOT NULL,
    notional numeric(38, 18),
    taker_buy_volume numeric(38, 18) NOT NULL,
    PRIMARY KEY (symbol_id, interval_ns, start_ns)
);
