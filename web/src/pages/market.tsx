import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import type { Instrument } from "../live/use-live.ts";
import { DepthMap } from "../panels/depth-map.tsx";
import { Funding } from "../panels/funding.tsx";
import { chosenOf, InstrumentChoice } from "../panels/instrument-choice.tsx";
import { Ladder } from "../panels/ladder.tsx";
import { Liquidations } from "../panels/liquidations.tsx";
import { PriceChart } from "../panels/price-chart.tsx";
import { Ticker } from "../panels/ticker.tsx";
import { TradeTape } from "../panels/trade-tape.tsx";
import { useBook } from "../panels/use-book.ts";
import { useTape } from "../panels/use-tape.ts";
import { Asked } from "../parts/asked.tsx";
import { useRoute } from "../parts/route.ts";
import { Empty } from "../parts/states.tsx";

type Listed = Schemas["Instrument"];
const TRADES = 60;

export default function Market() {
  const { query } = useRoute();
  const asked = useAsk("/api/instruments", { query: { limit: 10_000 }, every: 5_000 });
  return (
    <>
      <h1 className="visually-hidden">Market</h1>
      <Asked what="instruments" asked={asked}>
        {({ data }) => <Chosen all={data} chosen={chosenOf(data, query)} />}
      </Asked>
    </>
  );
}

function Chosen({ all, chosen }: { all: readonly Listed[]; chosen: Listed | undefined }) {
  if (chosen === undefined) {
    return (
      <Empty title="Nothing is stored yet">
        Record something: `tapeline up`. What it stores appears here by itself.
      </Empty>
    );
  }
  const { exchange, market, symbol } = chosen;
  // Another instrument is another set of panels: nothing of the old one stays.
  const key = `${exchange} ${market} ${symbol}`;
  return (
    <>
      <InstrumentChoice all={all} chosen={{ exchange, market, symbol }} />
      <Panels key={key} listed={chosen} />
    </>
  );
}

function Panels({ listed }: { readonly listed: Listed }) {
  const { exchange, market, symbol, types } = listed;
  const instrument: Instrument = { exchange, market, symbol };
  const book = useBook(instrument);
  const trades = useTape(listed, { type: "trade", shown: TRADES });
  const [hasFunding, hasLiquidations] = [types.includes("funding"), types.includes("liquidation")];
  return (
    <>
      <Ticker book={book} trades={trades} />
      <div className="market">
        <PriceChart stored={listed} />
        <DepthMap store={book} />
        <Ladder store={book} />
        <TradeTape store={trades} />
        {hasFunding || hasLiquidations ? (
          <>
            <Funding stored={listed} hasFunding={hasFunding} />
            <Liquidations stored={listed} hasLiquidations={hasLiquidations} />
          </>
        ) : null}
      </div>
    </>
  );
}
