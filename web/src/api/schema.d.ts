// Made by `just gen` from web/openapi.json. Do not edit.

export interface paths {
    "/api/instruments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Instrument List
         * @description List instruments of which there are rows, ordered by exchange, market and raw symbol.
         */
        get: operations["instrument_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/orderbook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Orderbook
         * @description Answer with the order book, the latest or at a time, made of stored messages; JSON alone.
         */
        get: operations["orderbook"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bars": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bars
         * @description Make bars of trades; an interval without trades has none.
         *
         *     The start is moved back to where its bar begins.
         */
        get: operations["bars"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/trades": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Trades
         * @description List trades, in order of time, exact.
         */
        get: operations["trades"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/funding": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Funding
         * @description List funding states of perpetual contracts, in order of time.
         */
        get: operations["funding"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/liquidations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liquidations
         * @description List forced orders, in order of time.
         */
        get: operations["liquidations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quarantine
         * @description List messages that could not become events, with their bytes, in the order they came.
         */
        get: operations["quarantine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/coverage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Coverage
         * @description List streams with what is missing in them, by what the collector wrote down.
         */
        get: operations["coverage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quality
         * @description Count rows by grade and issue, quarantined messages by reason, and how late rows came.
         */
        get: operations["quality"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/analysis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Analysis
         * @description Compute indicators over bars of trades, and figures of the whole stretch.
         *
         *     The whole stretch is one answer: an indicator that began anew on each page would be wrong.
         */
        get: operations["analysis"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backtests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Runs
         * @description List runs, the latest first.
         */
        get: operations["runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backtests/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run
         * @description Answer with a run: its settings, its metrics and how good its data was; JSON alone.
         */
        get: operations["run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backtests/{run_id}/equity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Equity
         * @description Give equity and drawdown over time.
         */
        get: operations["equity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backtests/{run_id}/trades": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Round Trips
         * @description List round trips, from no position to no position.
         */
        get: operations["round_trips"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/backtests/{run_id}/fills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Fills
         * @description List what was bought and sold.
         */
        get: operations["fills"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Health
         * @description Tell whether the server can do its work: 200 when it is `ok` or `degraded`, 503 when `down`.
         *
         *     Nothing is read for it, and it needs no token: it answers while every query waits.
         */
        get: operations["health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * System
         * @description Tell what is open, how busy the server is, and the state of every live stream.
         */
        get: operations["system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AnalysisPage
         * @description Indicators over bars, and figures of the whole stretch.
         */
        AnalysisPage: {
            /** Data */
            data: components["schemas"]["AnalysisPoint"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Metrics
             * @description Of the closing prices: `total_return`, `volatility` (a year), `sharpe`, `sortino`, `max_drawdown`; `volume`, `notional`, `trades`, `bars`. Null where there is none.
             * @example {
             *       "bars": 60,
             *       "total_return": 0.012,
             *       "volatility": 0.55
             *     }
             */
            metrics: {
                [key: string]: number | null;
            };
        };
        /**
         * AnalysisPoint
         * @description A bar's end with the indicators there.
         */
        AnalysisPoint: {
            /**
             * Start Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            start_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Close
             * @example 65005
             */
            close: number;
            /**
             * Volume
             * @example 12.5
             */
            volume: number;
            /**
             * Values
             * @description By the indicator's name; null while it has too few bars.
             * @example {
             *       "sma_20": 64990.2
             *     }
             */
            values: {
                [key: string]: number | null;
            };
        };
        /**
         * Bar
         * @description A bar of an interval that has trades; its numbers are computed, in 64-bit floating point.
         */
        Bar: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Start Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            start_ns: number;
            /**
             * End Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            end_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Open
             * @example 65000.1
             */
            open: number;
            /**
             * High
             * @example 65010
             */
            high: number;
            /**
             * Low
             * @example 64990.5
             */
            low: number;
            /**
             * Close
             * @example 65005
             */
            close: number;
            /**
             * Volume
             * @example 12.5
             */
            volume: number;
            /**
             * Notional
             * @example 812510
             */
            notional: number;
            /**
             * Vwap
             * @description Null when nothing was traded.
             * @example 65000.8
             */
            vwap: number | null;
            /**
             * Trades
             * @example 230
             */
            trades: number;
            /**
             * Buy Volume
             * @example 7.25
             */
            buy_volume: number;
            /**
             * Is Complete
             * @description Whether a later trade is known; a bar that is not may still grow.
             * @example true
             */
            is_complete: boolean;
        };
        /**
         * BarPage
         * @description Bars, in order of time.
         */
        BarPage: {
            /** Data */
            data: components["schemas"]["Bar"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Book
         * @description A book as of a moment.
         */
        Book: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            time_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * State
             * @description `live` when it is right at `time`; `stale` when its levels are those of `last_message_ns`, and what came until `time` is not known; without levels: `buffering` (no snapshot was found), `unsynced`, `unknown` (no message).
             * @example live
             * @enum {string}
             */
            state: "live" | "stale" | "buffering" | "unsynced" | "unknown";
            /**
             * Reason
             * @description Why it is not `live`; empty when it is.
             * @example
             */
            reason: string;
            /**
             * Depth
             * @description 1: best bid and ask alone; 2: by price level.
             * @example 2
             * @enum {integer}
             */
            depth: 1 | 2;
            /**
             * Last Update Id
             * @example 1027024
             */
            last_update_id: number | null;
            /**
             * Last Time Ns
             * @description Exchange time of the latest change, Unix UTC nanoseconds; null where the venue does not say it.
             * @example 1767614400000000000
             */
            last_time_ns: number | null;
            /**
             * Last Message Ns
             * @description Time of the latest message until `time`, Unix UTC nanoseconds.
             * @example 1767614400000000000
             */
            last_message_ns: number | null;
            /**
             * Age Ns
             * @description `time_ns` less `last_message_ns`.
             * @example 100000000
             */
            age_ns: number | null;
            /**
             * Missing
             * @description Ranges of update ids that are not in the store.
             * @example []
             */
            missing: [
                number,
                number
            ][];
            /**
             * Bids
             * @description Price and quantity, best first.
             * @example [
             *       [
             *         "65000.1",
             *         "0.5"
             *       ]
             *     ]
             */
            bids: [
                string,
                string
            ][];
            /**
             * Asks
             * @description Price and quantity, best first.
             * @example [
             *       [
             *         "65000.2",
             *         "0.25"
             *       ]
             *     ]
             */
            asks: [
                string,
                string
            ][];
            /**
             * Trusted Bids
             * @description Levels that are known, of which `levels` are given.
             * @example 1
             */
            trusted_bids: number;
            /**
             * Trusted Asks
             * @example 1
             */
            trusted_asks: number;
        };
        /**
         * BookAnswer
         * @description A book.
         */
        BookAnswer: {
            data: components["schemas"]["Book"];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
        };
        /**
         * Check
         * @description One thing that must work.
         */
        Check: {
            /**
             * Name
             * @example store
             */
            name: string;
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded" | "down";
            /**
             * Detail
             * @description What is wrong; empty when nothing is.
             * @example
             */
            detail: string;
            /**
             * Since Ns
             * @description Since when it is so.
             * @example 1767614400000000000
             */
            since_ns: number | null;
        };
        /**
         * CoveragePage
         * @description Streams, ordered by exchange, market, raw symbol, type and channel.
         */
        CoveragePage: {
            /** Data */
            data: components["schemas"]["StreamCoverage"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * CoverageSummary
         * @description How complete an answer is; ``/api/coverage`` has the streams and the holes.
         */
        CoverageSummary: {
            /**
             * Summary
             * @description One sentence for people.
             * @example trade of 1 stream: 1 gap (12 ids missing)
             */
            summary: string;
            /**
             * Is Complete
             * @description Whether nothing is missing; null when that cannot be known.
             * @example false
             */
            is_complete: boolean | null;
            /**
             * Start Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            start_ns: number | null;
            /**
             * End Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            end_ns: number | null;
            /**
             * Streams
             * @description Streams the answer comes from.
             * @example 1
             */
            streams: number;
            /**
             * Holes
             * @description What is missing or not known in them.
             * @example 1
             */
            holes: number;
            /**
             * Quarantined
             * @description Messages of this time that could not become events.
             * @example 0
             */
            quarantined: number;
        };
        /**
         * EquityPage
         * @description The account over time, by symbol: so many points as were asked for, extremes kept.
         */
        EquityPage: {
            /** Data */
            data: components["schemas"]["EquityPoint"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * EquityPoint
         * @description The account of a symbol at a time.
         */
        EquityPoint: {
            /**
             * Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            time_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Symbol
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Equity
             * @example 100120.5
             */
            equity: number;
            /**
             * Cash
             * @example 35120.4
             */
            cash: number;
            /**
             * Position
             * @example 1
             */
            position: number;
            /**
             * Price
             * @example 65000.1
             */
            price: number;
            /**
             * Drawdown
             * @description equity / highest so far - 1: 0 at a high, -0.1 for 10 % below it.
             * @example -0.002
             */
            drawdown: number;
        };
        /**
         * Fill
         * @description What was bought or sold.
         */
        Fill: {
            /**
             * Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            time_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Symbol
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Side
             * @example buy
             */
            side: string;
            /**
             * Quantity
             * @example 1
             */
            quantity: number;
            /**
             * Price
             * @example 64900
             */
            price: number;
            /**
             * Notional
             * @example 64900
             */
            notional: number;
            /**
             * Fee
             * @example 6.5
             */
            fee: number;
            /**
             * Slippage
             * @example 0
             */
            slippage: number;
            /**
             * Signal Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            signal_time_ns: number;
            /**
             * Event Id
             * @example null
             */
            event_id: string | null;
            /**
             * Is Maker
             * @example false
             */
            is_maker: boolean;
        };
        /**
         * FillPage
         * @description Fills, ordered by symbol and time.
         */
        FillPage: {
            /** Data */
            data: components["schemas"]["Fill"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Funding
         * @description A funding state of a perpetual contract.
         */
        Funding: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Event Id
             * @description 32 hexadecimal digits; equal events have equal ids.
             * @example 00112233445566778899aabbccddeeff
             */
            event_id: string;
            /**
             * Quality
             * @description The grade cleaning gave it.
             * @example perfect
             */
            quality: string;
            /**
             * Issues
             * @description What cleaning found.
             * @example []
             */
            issues: string[];
            /**
             * Metadata
             * @description What else the venue said.
             * @example {
             *       "m": "true"
             *     }
             */
            metadata: {
                [key: string]: string | null;
            };
            /**
             * Received Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            received_ns: number | null;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Rate
             * @description A decimal number as text, exact; null where the venue says none.
             */
            rate: string | null;
            /**
             * Mark Price
             * @description A decimal number as text, exact; null where the venue says none.
             */
            mark_price: string | null;
            /**
             * Index Price
             * @description A decimal number as text, exact; null where the venue says none.
             */
            index_price: string | null;
            /**
             * Interval Ns
             * @description Between payments, in nanoseconds.
             * @example 28800000000000
             */
            interval_ns: number | null;
            /**
             * Next Funding Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            next_funding_ns: number | null;
            /**
             * Timestamp Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            timestamp_ns: number | null;
        };
        /**
         * FundingPage
         * @description Funding states, in order of time.
         */
        FundingPage: {
            /** Data */
            data: components["schemas"]["Funding"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Health
         * @description Whether the server can do its work.
         */
        Health: {
            /**
             * Status
             * @description The worst of the checks.
             * @enum {string}
             */
            status: "ok" | "degraded" | "down";
            /** Checks */
            checks: components["schemas"]["Check"][];
            /**
             * Version
             * @example 0.1.0
             */
            version: string;
            /**
             * Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            time_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
        };
        /**
         * Hole
         * @description Something that is missing, or not known.
         */
        Hole: {
            /**
             * Kind
             * @description `gap` (ids that never came), `connection`, `unsynced` (a book not to be trusted), `bus`, `between` (nobody collected), `before` and `after` (outside what was collected).
             * @example gap
             */
            kind: string;
            /**
             * Proof
             * @example proven_gap
             */
            proof: string;
            /**
             * Start Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            start_ns: number | null;
            /**
             * End Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            end_ns: number | null;
            /**
             * First Id
             * @example 101
             */
            first_id: number | null;
            /**
             * Last Id
             * @example 112
             */
            last_id: number | null;
            /**
             * Reason
             * @example ids 101 to 112 never came
             */
            reason: string;
        };
        /**
         * Instrument
         * @description An instrument of which there are rows.
         */
        Instrument: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Types
             * @description Event types there are rows of.
             * @example [
             *       "trade",
             *       "orderbook"
             *     ]
             */
            types: string[];
            /**
             * First Ns
             * @description No row is earlier; see `last_ns`.
             * @example 1767614400000000000
             */
            first_ns: number | null;
            /**
             * Last Ns
             * @description No row is later. A Parquet store knows both by file: they may be times of another instrument's rows in the same file.
             * @example 1767614400000000000
             */
            last_ns: number | null;
        };
        /**
         * InstrumentPage
         * @description Instruments, ordered by exchange, market and raw symbol.
         */
        InstrumentPage: {
            /** Data */
            data: components["schemas"]["Instrument"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
            /**
             * Coverage By Type
             * @description `coverage` of each event type alone, of all instruments that were asked for; quarantined messages are of no type, and counted with each.
             */
            coverage_by_type: {
                [key: string]: components["schemas"]["CoverageSummary"];
            };
        };
        /**
         * Lag
         * @description From the venue's time to ours, in nanoseconds; below zero where the clocks differ.
         */
        Lag: {
            /**
             * P50 Ns
             * @example 4000000
             */
            p50_ns: number;
            /**
             * P99 Ns
             * @example 21000000
             */
            p99_ns: number;
            /**
             * Max Ns
             * @example 40000000
             */
            max_ns: number;
        };
        /**
         * Liquidation
         * @description A forced order.
         */
        Liquidation: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Event Id
             * @description 32 hexadecimal digits; equal events have equal ids.
             * @example 00112233445566778899aabbccddeeff
             */
            event_id: string;
            /**
             * Quality
             * @description The grade cleaning gave it.
             * @example perfect
             */
            quality: string;
            /**
             * Issues
             * @description What cleaning found.
             * @example []
             */
            issues: string[];
            /**
             * Metadata
             * @description What else the venue said.
             * @example {
             *       "m": "true"
             *     }
             */
            metadata: {
                [key: string]: string | null;
            };
            /**
             * Received Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            received_ns: number | null;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Side
             * @example sell
             */
            side: ("buy" | "sell") | null;
            /**
             * Price
             * Format: decimal
             * @description A decimal number as text, exact, without exponent or padding.
             * @example 65000.1
             */
            price: string;
            /**
             * Average Price
             * @description A decimal number as text, exact; null where the venue says none.
             */
            average_price: string | null;
            /**
             * Quantity
             * Format: decimal
             * @description A decimal number as text, exact, without exponent or padding.
             * @example 65000.1
             */
            quantity: string;
            /**
             * Status
             * @example FILLED
             */
            status: string | null;
            /**
             * Timestamp Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            timestamp_ns: number | null;
        };
        /**
         * LiquidationPage
         * @description Forced orders, in order of time.
         */
        LiquidationPage: {
            /** Data */
            data: components["schemas"]["Liquidation"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Live
         * @description The live feed.
         */
        Live: {
            /** Is Connected */
            is_connected: boolean;
            /**
             * Clients
             * @description WebSocket clients.
             * @example 3
             */
            clients: number;
            /**
             * Stages
             * @description Of all streams together, in the order of the way.
             */
            stages: components["schemas"]["Stage"][];
            /** Subscriptions */
            subscriptions: components["schemas"]["Subscription"][];
        };
        /**
         * Load
         * @description How busy the server is.
         */
        Load: {
            /**
             * Queries Running
             * @example 1
             */
            queries_running: number;
            /**
             * Queries Waiting
             * @example 0
             */
            queries_waiting: number;
            /**
             * Queries At Most
             * @description More are refused with 503.
             * @example 24
             */
            queries_at_most: number;
            /**
             * Answered
             * @description Queries since the start.
             * @example 4021
             */
            answered: number;
            /**
             * Refused
             * @description Refused with 503 since the start.
             * @example 0
             */
            refused: number;
        };
        /**
         * Quality
         * @description Counts of one type of an instrument.
         */
        Quality: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Type
             * @enum {string}
             */
            type: "trade" | "orderbook" | "funding" | "liquidation";
            /**
             * Rows
             * @example 1200
             */
            rows: number;
            /**
             * Grades
             * @description Rows by the grade cleaning gave them.
             * @example {
             *       "perfect": 1199
             *     }
             */
            grades: {
                [key: string]: number;
            };
            /**
             * Issues
             * @description Rows by what cleaning found; a row may have several.
             * @example {
             *       "price_jump": 1
             *     }
             */
            issues: {
                [key: string]: number;
            };
            /**
             * Quarantined
             * @description Messages of the instrument that became no event, by reason; the same at each of its types.
             * @example {
             *       "truncated": 2
             *     }
             */
            quarantined: {
                [key: string]: number;
            };
            /** @description Null where no row has both times. */
            lag: components["schemas"]["Lag"] | null;
            /**
             * First Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            first_ns: number | null;
            /**
             * Last Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            last_ns: number | null;
            /**
             * Age Ns
             * @description How old the newest row was when this was answered, by the venue's time, or ours where it says none: of a busy instrument, how long it takes until a row can be queried. Null without a row.
             * @example 1900000000
             */
            age_ns: number | null;
        };
        /**
         * QualityPage
         * @description Counts, ordered by exchange, market, raw symbol and type.
         */
        QualityPage: {
            /** Data */
            data: components["schemas"]["Quality"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * QuarantinePage
         * @description Messages that became no event, in the order they came.
         */
        QuarantinePage: {
            /** Data */
            data: components["schemas"]["Quarantined"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Quarantined
         * @description A message that could not become an event.
         */
        Quarantined: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @example BTC/USDT
             */
            symbol: string | null;
            /**
             * Raw Symbol
             * @example BTCUSDT
             */
            raw_symbol: string | null;
            /**
             * Reason
             * @example truncated
             */
            reason: string;
            /**
             * Stage
             * @description The stage of cleaning that refused it.
             * @example 1
             */
            stage: number;
            /**
             * Field
             * @description Where in it; empty for the whole.
             * @example p
             */
            field: string;
            /**
             * Offset
             * @description The byte at which it broke.
             * @example 17
             */
            offset: number | null;
            /**
             * Raw Text
             * @description Its bytes as text: what is not UTF-8 is replaced, and long ones are cut. A stranger wrote this: show it as text, never as markup.
             * @example {"e":"trade","E":17
             */
            raw_text: string;
            /**
             * Raw Base64
             * @description Its bytes, all that were kept.
             * @example eyJlIjo=
             */
            raw_base64: string;
            /**
             * Raw Length
             * @description How many bytes came.
             * @example 19
             */
            raw_length: number;
            /**
             * Received Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            received_ns: number | null;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
        };
        /**
         * RoundTrip
         * @description From no position to no position.
         */
        RoundTrip: {
            /**
             * Entry Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            entry_time_ns: number;
            /**
             * Exit Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            exit_time_ns: number;
            /**
             * Time
             * @description Of the exit.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Symbol
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Side
             * @example long
             */
            side: string;
            /**
             * Quantity
             * @example 1
             */
            quantity: number;
            /**
             * Entry Price
             * @example 64900
             */
            entry_price: number;
            /**
             * Exit Price
             * @example 65000
             */
            exit_price: number;
            /**
             * Pnl
             * @example 87
             */
            pnl: number;
            /**
             * Fees
             * @example 13
             */
            fees: number;
            /**
             * Funding
             * @example 0
             */
            funding: number;
        };
        /**
         * RoundTripPage
         * @description Round trips, ordered by symbol and exit.
         */
        RoundTripPage: {
            /** Data */
            data: components["schemas"]["RoundTrip"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Run
         * @description A run in the list.
         */
        Run: {
            /**
             * Run Id
             * @example sma_cross-1f2e3d4c5b6a7988
             */
            run_id: string;
            /**
             * Strategy Id
             * @example sma_cross
             */
            strategy_id: string;
            /**
             * Symbols
             * @example [
             *       "BTC/USDT"
             *     ]
             */
            symbols: string[];
            /**
             * Types
             * @example [
             *       "trade"
             *     ]
             */
            types: string[];
            /**
             * Start Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            start_ns: number | null;
            /**
             * End Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            end_ns: number | null;
            /**
             * Rows
             * @description Rows the run has read.
             * @example 120000
             */
            rows: number;
            /**
             * Version
             * @description Of tapeline.
             * @example 0.1.0
             */
            version: string;
            /**
             * Parameters
             * @example {
             *       "fast": 20,
             *       "slow": 50
             *     }
             */
            parameters: {
                [key: string]: unknown;
            };
            /**
             * Metrics
             * @example {
             *       "max_drawdown": -0.03,
             *       "pnl": 120.5,
             *       "sharpe": 1.2
             *     }
             */
            metrics: {
                [key: string]: number | null;
            };
            /**
             * Written Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            written_ns: number;
        };
        /**
         * RunAnswer
         * @description A run.
         */
        RunAnswer: {
            data: components["schemas"]["RunDetail"];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
        };
        /**
         * RunDetail
         * @description A run with all that is needed to make it again.
         */
        RunDetail: {
            /**
             * Run Id
             * @example sma_cross-1f2e3d4c5b6a7988
             */
            run_id: string;
            /**
             * Strategy Id
             * @example sma_cross
             */
            strategy_id: string;
            /**
             * Symbols
             * @example [
             *       "BTC/USDT"
             *     ]
             */
            symbols: string[];
            /**
             * Types
             * @example [
             *       "trade"
             *     ]
             */
            types: string[];
            /**
             * Start Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            start_ns: number | null;
            /**
             * End Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            end_ns: number | null;
            /**
             * Rows
             * @description Rows the run has read.
             * @example 120000
             */
            rows: number;
            /**
             * Version
             * @description Of tapeline.
             * @example 0.1.0
             */
            version: string;
            /**
             * Parameters
             * @example {
             *       "fast": 20,
             *       "slow": 50
             *     }
             */
            parameters: {
                [key: string]: unknown;
            };
            /**
             * Metrics
             * @example {
             *       "max_drawdown": -0.03,
             *       "pnl": 120.5,
             *       "sharpe": 1.2
             *     }
             */
            metrics: {
                [key: string]: number | null;
            };
            /**
             * Written Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            written_ns: number;
            /**
             * Strategy Hash
             * @description SHA-256 of the strategy's source.
             */
            strategy_hash: string;
            /**
             * Data Hash
             * @description Of every value the run has read.
             */
            data_hash: string;
            /** Policy */
            policy: {
                [key: string]: unknown;
            };
            /** Costs */
            costs: {
                [key: string]: unknown;
            };
        };
        /**
         * RunPage
         * @description Runs, the latest first.
         */
        RunPage: {
            /** Data */
            data: components["schemas"]["Run"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * Stage
         * @description A stage of the way of events.
         */
        Stage: {
            /**
             * Name
             * @description `received`: from the venue's time to the collector. `sent`: from there to the bus, with cleaning. `read`: from there to this server. `served`: from there to the queues of the live socket.
             * @enum {string}
             */
            name: "received" | "sent" | "read" | "served";
            /** @description Over the last minute; null where nothing came, or the venue says no time. */
            lag: components["schemas"]["StageLag"] | null;
        };
        /**
         * StageLag
         * @description What sampled events took, in nanoseconds; below zero where the clocks of two machines differ.
         *
         *     About one event a second of each stream is looked at.
         */
        StageLag: {
            /**
             * Samples
             * @example 58
             */
            samples: number;
            /**
             * P50 Ns
             * @example 2100000
             */
            p50_ns: number;
            /**
             * P99 Ns
             * @example 9400000
             */
            p99_ns: number;
            /**
             * Max Ns
             * @example 12000000
             */
            max_ns: number;
        };
        /**
         * StreamCoverage
         * @description What is known of one stream of an instrument.
         */
        StreamCoverage: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Type
             * @enum {string}
             */
            type: "trade" | "orderbook" | "funding" | "liquidation";
            /**
             * Channel
             * @description The venue's name of it; empty where nothing was recorded.
             * @example trade
             */
            channel: string;
            /**
             * Loss
             * @description What a hole in its ids proves: `proven`, `inferred`, `unverifiable`, `unknown`.
             * @example proven
             */
            loss: string;
            /**
             * First Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            first_ns: number | null;
            /**
             * Last Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            last_ns: number | null;
            /**
             * Gaps
             * @example 1
             */
            gaps: number;
            /**
             * Missing Ids
             * @example 12
             */
            missing_ids: number;
            /**
             * Lost Connections
             * @example 0
             */
            lost_connections: number;
            /**
             * Unsynced
             * @example 0
             */
            unsynced: number;
            /**
             * Restarts
             * @example 0
             */
            restarts: number;
            /**
             * Quarantined
             * @description Messages of the instrument.
             * @example 0
             */
            quarantined: number;
            /**
             * Holes
             * @description The first of them, in order of time.
             */
            holes: components["schemas"]["Hole"][];
            /**
             * Holes Total
             * @description How many there are.
             * @example 1
             */
            holes_total: number;
        };
        /**
         * Subscription
         * @description A stream of the live feed.
         */
        Subscription: {
            /**
             * Type
             * @example trade
             */
            type: string;
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * State
             * @description `stale` when nothing has come for longer than it may, `waiting` before the first event.
             * @enum {string}
             */
            state: "live" | "stale" | "waiting";
            /**
             * Rows
             * @description Rows since the start.
             * @example 12000
             */
            rows: number;
            /**
             * Last Sent Ns
             * @description When the collector sent its newest batch, by the collector's clock.
             * @example 1767614400000000000
             */
            last_sent_ns: number | null;
            /**
             * Age Ns
             * @description Since then; nothing is younger than when it reached this server.
             * @example 120000
             */
            age_ns: number | null;
            /**
             * Rows Per S
             * @description Rows sent a second, over the last minute; null in the first second.
             * @example 24.5
             */
            rows_per_s: number | null;
            /**
             * Stages
             * @description In the order of the way; `served` is not by stream.
             */
            stages: components["schemas"]["Stage"][];
        };
        /**
         * System
         * @description The server.
         */
        System: {
            /**
             * Version
             * @example 0.1.0
             */
            version: string;
            /**
             * Started Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            started_ns: number;
            /**
             * Time Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            time_ns: number;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Stores
             * @description What is open, without passwords.
             * @example parquet:data
             */
            stores: string;
            load: components["schemas"]["Load"];
            /** @description Null when the server was started without a transport. */
            live: components["schemas"]["Live"] | null;
        };
        /**
         * Trade
         * @description A trade.
         */
        Trade: {
            /**
             * Exchange
             * @example binance
             */
            exchange: string;
            /**
             * Market
             * @example spot
             */
            market: string;
            /**
             * Symbol
             * @description Canonical.
             * @example BTC/USDT
             */
            symbol: string;
            /**
             * Raw Symbol
             * @description As the venue spells it.
             * @example BTCUSDT
             */
            raw_symbol: string;
            /**
             * Event Id
             * @description 32 hexadecimal digits; equal events have equal ids.
             * @example 00112233445566778899aabbccddeeff
             */
            event_id: string;
            /**
             * Quality
             * @description The grade cleaning gave it.
             * @example perfect
             */
            quality: string;
            /**
             * Issues
             * @description What cleaning found.
             * @example []
             */
            issues: string[];
            /**
             * Metadata
             * @description What else the venue said.
             * @example {
             *       "m": "true"
             *     }
             */
            metadata: {
                [key: string]: string | null;
            };
            /**
             * Received Ns
             * @description Unix UTC nanoseconds; null where it is not known.
             * @example 1767614400000000000
             */
            received_ns: number | null;
            /**
             * Time
             * @description The row's time as text, UTC, with nine digits; null where it has none.
             * @example 2026-01-05T12:00:00.000000000Z
             */
            time: string | null;
            /**
             * Native Id
             * @description The venue's id.
             * @example 4501234
             */
            native_id: string | null;
            /**
             * Price
             * Format: decimal
             * @description A decimal number as text, exact, without exponent or padding.
             * @example 65000.1
             */
            price: string;
            /**
             * Quantity
             * Format: decimal
             * @description A decimal number as text, exact, without exponent or padding.
             * @example 65000.1
             */
            quantity: string;
            /**
             * Side
             * @description The aggressor's side.
             * @example buy
             */
            side: ("buy" | "sell") | null;
            /**
             * Timestamp Ns
             * Format: int64
             * @description Unix UTC nanoseconds, a 64-bit whole number: JavaScript needs BigInt to read it exactly.
             * @example 1767614400000000000
             */
            timestamp_ns: number;
        };
        /**
         * TradePage
         * @description Trades, in order of time.
         */
        TradePage: {
            /** Data */
            data: components["schemas"]["Trade"][];
            coverage: components["schemas"]["CoverageSummary"];
            /**
             * As Of Ns
             * @description No row of these instruments that the store had when it was read is later: what came after that is not in the answer. A Parquet store knows it by file, so it may be the time of another instrument's row in the same file. Null without any row.
             * @example 1767614400000000000
             */
            as_of_ns: number | null;
            /**
             * Next Cursor
             * @description Give it back as `cursor`, beside the same parameters, for the next page; null on the last one.
             * @example null
             */
            next_cursor: string | null;
        };
        /**
         * FieldFault
         * @description What is wrong with one parameter.
         */
        FieldFault: {
            /**
             * Name
             * @example limit
             */
            name: string;
            /**
             * Message
             * @example input should be less than or equal to 10000
             */
            message: string;
        };
        /**
         * Problem
         * @description Why there is no answer (RFC 9457).
         */
        Problem: {
            /**
             * Type
             * @description Names the kind of problem.
             * @example /problems/parameter
             */
            type: string;
            /**
             * Title
             * @example A parameter is wrong
             */
            title: string;
            /**
             * Status
             * @example 422
             */
            status: number;
            /**
             * Detail
             * @description What is wrong, and what to do next.
             * @example limit: input should be less than or equal to 10000
             */
            detail: string;
            /**
             * Instance
             * @description The path that was asked.
             * @example /api/trades
             */
            instance: string;
            /**
             * Request Id
             * @description Names this request in the server's log.
             * @example 5f0c2a9be61d4c03
             */
            request_id: string;
            /**
             * Errors
             * @description The parameters that are wrong.
             * @default null
             */
            errors: components["schemas"]["FieldFault"][] | null;
            /**
             * Stale Since
             * @description Of 503: since when no store has answered, UTC.
             * @default null
             * @example 2026-01-05T12:00:00.000000000Z
             */
            stale_since: string | null;
            /**
             * Retry After S
             * @description Of 429 and 503: try again after so many seconds.
             * @default null
             * @example 1
             */
            retry_after_s: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    instrument_list: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstrumentPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    orderbook: {
        parameters: {
            query: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`). Where several instruments have it, say exchange and market too. */
                symbol: string;
                /** @description The moment, its messages included; none is that of the latest one. */
                time?: string | null;
                /** @description 1: best bid and ask alone; 2: by price level. */
                depth?: "1" | "2";
                /** @description Of each side, at most. */
                levels?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BookAnswer"];
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    bars: {
        parameters: {
            query: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`). Where several instruments have it, say exchange and market too. */
                symbol: string;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description `1s`, `15s`, `1m`, `5m`, `1h`, `1d`: a number and a unit. */
                interval?: string;
                /** @description Bars on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BarPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trades: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The last `limit` rows of the time in place of the first, in the same order; without a cursor. All rows of the time are read for it: say a `start`. */
                newest?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TradePage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    funding: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The last `limit` rows of the time in place of the first, in the same order; without a cursor. All rows of the time are read for it: say a `start`. */
                newest?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FundingPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    liquidations: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The last `limit` rows of the time in place of the first, in the same order; without a cursor. All rows of the time are read for it: say a `start`. */
                newest?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiquidationPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    quarantine: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The last `limit` rows of the time in place of the first, in the same order; without a cursor. All rows of the time are read for it: say a `start`. */
                newest?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuarantinePage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    coverage: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Only this type; none is all four. */
                type?: ("trade" | "orderbook" | "funding" | "liquidation") | null;
                /** @description Holes told of a stream, at most. */
                holes?: number;
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoveragePage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    quality: {
        parameters: {
            query?: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`); none is all. */
                symbol?: string | null;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description Only this type; none is all four. */
                type?: ("trade" | "orderbook" | "funding" | "liquidation") | null;
                /** @description Only the last so many seconds before `as_of_ns`, instead of a `start`. */
                last_s?: number | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QualityPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analysis: {
        parameters: {
            query: {
                /** @description E.g. `binance`; none is all. */
                exchange?: string | null;
                /** @description E.g. `spot`; none is all. */
                market?: string | null;
                /** @description Canonical (`BTC/USDT`, `BTC/USDT:USDT`) or the venue's (`BTCUSDT`). Where several instruments have it, say exchange and market too. */
                symbol: string;
                /** @description From here on: an ISO time with a zone, a date (its midnight UTC) or Unix nanoseconds; none is the first. */
                start?: string | null;
                /** @description To before here, as `start`; none is the last. */
                end?: string | null;
                /** @description As of bars. */
                interval?: string;
                /** @description `sma`, `ema`, `wma`, `std`, `min`, `max`, `rsi`, `volatility`, `atr`, `vwap`, each with a window of bars; several with commas. */
                indicators?: string;
                /** @description Bars at most; more are refused with 422. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runs: {
        parameters: {
            query?: {
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description As `/api/backtests` lists it. */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunAnswer"];
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    equity: {
        parameters: {
            query?: {
                /** @description Of each symbol, about; extremes are kept. */
                points?: number;
            };
            header?: never;
            path: {
                /** @description As `/api/backtests` lists it. */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EquityPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    round_trips: {
        parameters: {
            query?: {
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                /** @description As `/api/backtests` lists it. */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoundTripPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fills: {
        parameters: {
            query?: {
                /** @description Rows on a page, at most. */
                limit?: number;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                /** @description As `/api/backtests` lists it. */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description Of Arrow and CSV: `coverage` as JSON. */
                    "Tapeline-Coverage"?: string;
                    /** @description Of Arrow and CSV: `as_of_ns`. */
                    "Tapeline-As-Of-Ns"?: number;
                    /** @description Of Arrow and CSV: `next_cursor`; not there on the last page. */
                    "Tapeline-Next-Cursor"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FillPage"];
                    "application/vnd.apache.arrow.stream": string;
                    "text/csv": string;
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description There is no such thing */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description None of the accepted forms can be given */
            406: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A parameter is wrong */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server is busy */
            503: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The question took too long */
            504: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description It is down: the store does not answer. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
    system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            /** @description The request is malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A token is needed */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This is not allowed */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is too long */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many requests */
            429: {
                headers: {
                    /** @description Seconds. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The headers are too large */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The server made a mistake */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
