import { randomBytes } from "node:crypto";

/** Salts of one set of terms in one process: a random 56-bit word and a counter byte, so that 256 share a slot on chain. */
export type Salts = {
  /** 8 bytes of hex. */
  next(): string;
  /** A payment with this salt was seen: its word's slot is written, and the word's other ids are cheaper to pay. */
  paid(salt: string): void;
  /** True when the slot of the word that `salt` comes from is known to be written. */
  isWarm(salt: string): boolean;
};

const PER_WORD = 256;

export function createSalts(): Salts {
  let word = "";
  let used = PER_WORD;
  let warm = "";
  return {
    next: () => {
      if (used === PER_WORD) {
        word = randomBytes(7).toString("hex");
        used = 0;
      }
      return word + (used++).toString(16).padStart(2, "0");
    },
    paid: (salt) => {
      if (salt.startsWith(word)) warm = word;
    },
    isWarm: (salt) => warm !== "" && salt.startsWith(warm),
  };
}
