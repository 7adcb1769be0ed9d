export default function Market() {
  return <h1 className="title">Market</h1>;
}
