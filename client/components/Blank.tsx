/** Nothing, for the moment that code takes to come. It says so only to those who cannot see it. */
export function Blank() {
  return (
    <div role="status" aria-label="Loading" aria-busy="true">
      <span className="visually-hidden">Loading</span>
    </div>
  );
}
