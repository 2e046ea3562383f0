/** Calls back once a second with what is left until `endMs`, and a last time with 0. Returns what stops it. */
export function tick(endMs: number, onTick: (leftSec: number) => void): () => void {
  const step = () => {
    const leftSec = Math.max(0, Math.ceil((endMs - Date.now()) / 1000));
    onTick(leftSec);
    if (leftSec === 0) clearInterval(timer);
  };
  const timer = setInterval(step, 1_000);
  step();
  return () => clearInterval(timer);
}
