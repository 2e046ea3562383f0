/**
 * Stops the parts one by one, last first. A part that cannot be stopped is told to `tell` and keeps no other running.
 *
 * @returns whether all have stopped
 */
export async function stopAll(
  stops: readonly (() => Promise<void>)[],
  tell: (message: string) => void,
): Promise<boolean> {
  let haveAll = true;
  for (const stop of stops.toReversed())
    try {
      await stop();
    } catch (error) {
      haveAll = false;
      tell(error instanceof Error ? error.message : String(error));
    }
  return haveAll;
}
