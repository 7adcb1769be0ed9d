-- A sum of which the column has no room for all digits is NULL; notional may be already.
ALTER TABLE kline
    ALTER COLUMN volume DROP NOT NULL,
    ALTER COLUMN taker_buy_volume DROP NOT NULL;
