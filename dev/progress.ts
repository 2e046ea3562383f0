export type Progress = {
  /** Runs one step of the start and prints its name and seconds. */
  step<Result>(name: string, run: () => Promise<Result>): Promise<Result>;
  log(line: string): void;
};

const WIDTH = 46;

/** Prints what a start does, for a person who waits for it. */
export function createProgress(write: (text: string) => void = (text) => process.stdout.write(text)): Progress {
  let isLineOpen = false;
  const open = (text: string) => {
    write(text);
    isLineOpen = true;
  };
  const close = (text: string) => {
    write(isLineOpen ? `${text}\n` : "");
    isLineOpen = false;
  };
  return {
    step: async (name, run) => {
      const startedAt = performance.now();
      open(`  ${name} `.padEnd(WIDTH, "."));
      const result = await run().catch((error) => {
        close(" not done");
        throw error;
      });
      const seconds = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`.padStart(7);
      if (!isLineOpen) open(`  ${name} `.padEnd(WIDTH, "."));
      close(seconds);
      return result;
    },
    log: (line) => {
      close("");
      write(`  [${new Date().toTimeString().slice(0, 8)}] ${line}\n`);
    },
  };
}
