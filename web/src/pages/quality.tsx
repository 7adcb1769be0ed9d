export default function Quality() {
  return <h1 className="title">Quality</h1>;
}
