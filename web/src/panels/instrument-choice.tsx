import { useId } from "react";
import type { Schemas } from "../api/client.ts";
import type { Instrument } from "../live/use-live.ts";
import { setQuery } from "../parts/route.ts";

type Listed = Schemas["Instrument"];
const LEVELS = ["exchange", "market", "symbol"] as const;
type Level = (typeof LEVELS)[number];

interface Props {
  readonly all: readonly Listed[];
  readonly chosen: Instrument;
}

/** Three lists: what is chosen in one decides what is in the next. */
export function InstrumentChoice({ all, chosen }: Props) {
  return (
    <div className="choices">
      {LEVELS.map((level) => (
        <Choice key={level} level={level} all={all} chosen={chosen} />
      ))}
    </div>
  );
}

function Choice({ level, all, chosen }: Props & { readonly level: Level }) {
  const id = useId();
  const above = LEVELS.slice(0, LEVELS.indexOf(level));
  const within = all.filter((each) => above.every((name) => each[name] === chosen[name]));
  const names = [...new Set(within.map((each) => each[level]))].sort();
  const choose = (name: string) => {
    const next = within.find((each) => each[level] === name);
    if (next !== undefined) setQuery(named(closest(all, { ...chosen, [level]: name }) ?? next));
  };
  return (
    <label htmlFor={id}>
      {level}
      <select id={id} value={chosen[level]} onChange={(event) => choose(event.target.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}

/** The wanted instrument, or the nearest: the same symbol elsewhere beats another symbol. */
function closest(all: readonly Listed[], wanted: Instrument): Listed | undefined {
  return all.find((each) => LEVELS.every((level) => each[level] === wanted[level]));
}

function named({ exchange, market, symbol }: Instrument): Record<Level, string> {
  return { exchange, market, symbol };
}

/** What the address names, or the first there is. */
export function chosenOf(all: readonly Listed[], query: URLSearchParams): Listed | undefined {
  const fits = (levels: readonly Level[]) =>
    all.find((each) => levels.every((level) => each[level] === query.get(level)));
  return fits(LEVELS) ?? fits(["exchange", "market"]) ?? fits(["exchange"]) ?? all[0];
}
