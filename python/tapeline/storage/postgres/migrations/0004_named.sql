-- For queries written by hand: the tables with the names instead of the numbers. They are views: nothing
-- is stored twice, and a condition on time leaves out days as it does on the table.

CREATE VIEW trade_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM trade t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW orderbook_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM orderbook t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW orderbook_snapshot_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM orderbook_snapshot t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW funding_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM funding t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW liquidation_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM liquidation t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW coverage_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM coverage t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW quarantine_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM quarantine t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;

CREATE VIEW kline_named AS
SELECT e.name AS exchange, s.market, s.symbol, s.raw_symbol, t.*
FROM kline t JOIN symbol s USING (symbol_id) JOIN exchange e ON e.exchange_id = s.exchange_id;
