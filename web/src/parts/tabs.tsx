import { type KeyboardEvent, useRef } from "react";

interface Props<T extends string> {
  readonly label: string;
  readonly names: readonly T[];
  readonly chosen: T;
  readonly choose: (name: T) => void;
  /** The id of what they change. */
  readonly controls: string;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/** Tabs of which one is in the order of focus; arrows, Home and End move among them. */
export function Tabs<T extends string>({ label, names, chosen, choose, controls }: Props<T>) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = names.indexOf(chosen);
    const step = STEPS[event.key];
    const ends: Readonly<Record<string, number>> = { Home: 0, End: names.length - 1 };
    const next = step === undefined ? ends[event.key] : (at + step + names.length) % names.length;
    const name = next === undefined ? undefined : names[next];
    if (next === undefined || name === undefined) return;
    event.preventDefault();
    choose(name);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[next]?.focus();
  };
  return (
    <div ref={list} role="tablist" aria-label={label} className="tabs">
      {names.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={name === chosen}
          aria-controls={controls}
          tabIndex={name === chosen ? 0 : -1}
          onClick={() => choose(name)}
          onKeyDown={move}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
