import { ApiError } from "../../errors.ts";

const MIB = 1024 * 1024;

/** How much of whole answers is in memory at once: in the process, and for one API, which must not use up all of it. */
export const HELD = { bytes: 128 * MIB, bytesPerApi: 32 * MIB } as const;

/** What one answer takes of the memory for whole answers, from its first byte to the last one that the caller took. */
export type Holding = {
  /** Says how many bytes it is now. @throws ApiError upstream_busy, and from then on it holds nothing */
  set(bytes: number): void;
  /** Nothing is held any more, whatever is said later. */
  close(): void;
};

/** The memory for answers that are read as a whole: callers who do not take theirs must not fill the process. */
export class HeldBytes {
  #bytes = 0;
  readonly #byApi = new Map<string, number>();
  readonly #limits: { bytes: number; bytesPerApi: number };

  constructor(limits: { bytes: number; bytesPerApi: number } = HELD) {
    this.#limits = limits;
  }

  open(apiId: string): Holding {
    let held = 0;
    let isClosed = false;
    const set = (bytes: number) => {
      if (isClosed) return;
      if (bytes > held && !this.#hasRoom(apiId, bytes - held)) {
        // Not only when the refusal has left: until then all others would be refused for memory that is given up.
        close();
        throw new ApiError("upstream_busy", { retryAfterSec: 1 });
      }
      this.#add(apiId, bytes - held);
      held = bytes;
    };
    const close = () => {
      set(0);
      isClosed = true;
    };
    return { set, close };
  }

  #hasRoom(apiId: string, more: number): boolean {
    const { bytes, bytesPerApi } = this.#limits;
    return this.#bytes + more <= bytes && (this.#byApi.get(apiId) ?? 0) + more <= bytesPerApi;
  }

  #add(apiId: string, more: number): void {
    this.#bytes += more;
    const ofApi = (this.#byApi.get(apiId) ?? 0) + more;
    if (ofApi === 0) this.#byApi.delete(apiId);
    else this.#byApi.set(apiId, ofApi);
  }
}
