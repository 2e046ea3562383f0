import { http, type Transport } from "viem";

/** The way to an anvil that mines by the clock, for viem. */
export const anvilHttp =
  (url: string | undefined): Transport =>
  (options) => {
    const transport = http(url)(options);
    return { ...transport, request: (args) => inRange(() => transport.request(args)) as never };
  };

const MOST_TRIES = 5;

/**
 * What `ask` gives. anvil looks up which block is the latest, mines another, and then refuses to read the first one:
 * "block height is 38 but requested was 37". Asked again it reads it.
 */
export async function inRange<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const { details, message } = error as { details?: string; message: string };
      if (tries === MOST_TRIES || !/BlockOutOfRange/.test(`${message} ${details}`)) throw error;
    }
  }
}
