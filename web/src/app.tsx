import { lazy, type ReactNode, Suspense, useRef } from "react";
import { Header } from "./panels/header.tsx";
import { TokenForm } from "./panels/token-form.tsx";
import { ErrorBoundary } from "./parts/error-boundary.tsx";
import { type Page, useRoute } from "./parts/route.ts";
import { Loading } from "./parts/states.tsx";

const Market = lazy(() => import("./pages/market.tsx"));
const Quality = lazy(() => import("./pages/quality.tsx"));
const Backtests = lazy(() => import("./pages/backtests.tsx"));
const System = lazy(() => import("./pages/system.tsx"));

const VIEWS: Readonly<Record<Page, ReactNode>> = {
  market: <Market />,
  quality: <Quality />,
  backtests: <Backtests />,
  system: <System />,
};

export function App() {
  const { page } = useRoute();
  const main = useRef<HTMLElement>(null);
  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header page={page} />
      <main ref={main} tabIndex={-1} className={`page page-${page}`}>
        <TokenForm />
        <ErrorBoundary key={page}>
          <Suspense fallback={<Loading what="the page" />}>{VIEWS[page]}</Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}
