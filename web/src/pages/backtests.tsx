export default function Backtests() {
  return <h1 className="title">Backtests</h1>;
}
