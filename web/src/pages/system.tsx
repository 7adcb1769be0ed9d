export default function System() {
  return <h1 className="title">System</h1>;
}
