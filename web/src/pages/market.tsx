import { useAsk } from "../api/asking.ts";
import type { Schemas } from "../api/client.ts";
import { useHasLive } from "../live/use-has-live.ts";
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
import { Empty, Loading } from "../parts/states.tsx";

type Listed = Schemas["Instrument"];
const TRADES = 60;

export default function Market() {
  const { query } = useRoute();
  const asked = useAsk("/api/instruments", { query: { limit: 10_000 }, every: 5_000 });
  const hasLive = useHasLive();
  return (
    <>
      <h1 className="visually-hidden">Market</h1>
      <Asked what="instruments" asked={asked}>
        {({ data }) =>
          hasLive === null ? (
            <Loading what="the live feed" />
          ) : (
            <Chosen all={data} chosen={chosenOf(data, query)} isLive={hasLive} />
          )
        }
      </Asked>
    </>
  );
}

interface ChosenProps {
  readonly all: readonly Listed[];
  readonly chosen: Listed | undefined;
  readonly isLive: boolean;
}

function Chosen({ all, chosen, isLive }: ChosenProps) {
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
      <Panels key={key} listed={chosen} isLive={isLive} />
    </>
  );
}

function Panels({ listed, isLive }: { readonly listed: Listed; readonly isLive: boolean }) {
  const { exchange, market, symbol, types } = listed;
  const instrument: Instrument = { exchange, market, symbol };
  const book = useBook(instrument, isLive);
  const trades = useTape(listed, { type: "trade", shown: TRADES, isLive });
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
            <Funding stored={listed} hasFunding={hasFunding} isLive={isLive} />
            <Liquidations stored={listed} hasLiquidations={hasLiquidations} isLive={isLive} />
          </>
        ) : null}
      </div>
    </>
  );
}
