import type { Block } from "./blocks.ts";

/** Blocks that this test does not run, by how they begin, and why. Each must be there; every other block is run. */
const NOT_RUN: readonly { readonly begins: string; readonly why: string }[] = [
  { begins: "npm start", why: "the system that everything here runs against is one that npm start brought up" },
  {
    begins: "npx hardhat ignition deploy",
    why: "deploys to a live chain; test/contracts/create2.test.ts does the same on one in memory",
  },
  { begins: '[{ "phoneNumber"', why: "a file of the operator's; a test of its own reads it as the API does" },
  { begins: '{ "countries"', why: "a file of the operator's; a test of its own reads it as the API does" },
  { begins: '{ "services"', why: "a file of the operator's; a test of its own reads it as the API does" },
];

export const reasonNotToRun = ({ text }: Block): string | undefined =>
  NOT_RUN.find(({ begins }) => text.startsWith(begins))?.why;

/** Reasons that no block has any more. */
export const idleReasons = (blocks: readonly Block[]): string[] =>
  NOT_RUN.map(({ begins }) => begins).filter((begins) => !blocks.some(({ text }) => text.startsWith(begins)));
