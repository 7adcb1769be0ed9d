/** What the licence of the chart library asks for: its name, its maker and a link. */
export function ChartCredit() {
  return (
    <p className="credit">
      Charts:{" "}
      <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
        TradingView Lightweight Charts™
      </a>
      , © 2025 TradingView, Inc.
    </p>
  );
}
