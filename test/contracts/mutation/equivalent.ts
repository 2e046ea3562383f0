/** Faults that change nothing that anyone could see, each with the reason. `name` is how the mutant's name ends. */
export const EQUIVALENT: readonly { name: string; because: string }[] = [];
