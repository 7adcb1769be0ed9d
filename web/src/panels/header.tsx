import { LiveStatus } from "../parts/live-status.tsx";
import { PAGES, type Page, routeText } from "../parts/route.ts";
import { useStore } from "../parts/store.ts";
import { theme, toggleTheme } from "../parts/theme.ts";

const NAMES: Readonly<Record<Page, string>> = {
  market: "Market",
  quality: "Data quality",
  backtests: "Backtests",
  system: "System",
};

export function Header({ page }: { readonly page: Page }) {
  return (
    <header className="top">
      <a className="brand" href="#/market">
        <img src="/favicon.svg" alt="" width="20" height="20" /> tapeline
      </a>
      <nav aria-label="Pages">
        {PAGES.map((name) => (
          <a key={name} href={routeText(name)} aria-current={name === page ? "page" : undefined}>
            {NAMES[name]}
          </a>
        ))}
      </nav>
      <div className="top-end">
        <LiveStatus />
        <ThemeButton />
      </div>
    </header>
  );
}

function ThemeButton() {
  const now = useStore(theme);
  const next = now === "dark" ? "light" : "dark";
  return (
    <button
      type="button"
      className="quiet"
      onClick={toggleTheme}
      aria-label={`Use ${next} colours`}
    >
      {now === "dark" ? "☀" : "☾"}
    </button>
  );
}
