export const dynamic = "force-dynamic";

export default function BarePage() {
  return <h1>Bare</h1>;
}
