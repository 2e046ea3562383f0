/** `npm run gas`: measures every way to pay and rewrites the snapshots that the gas tests hold the contracts to. */
import { writeFileSync } from "node:fs";
import hre from "hardhat";
import { measureGas } from "./gas-table.ts";
import { measureReceiverGas } from "./receiver/gas-table.ts";

await hre.tasks.getTask("build").run({ quiet: true });
for (const [file, measure] of [
  ["gas-snapshot.json", measureGas],
  ["receiver/gas-snapshot.json", measureReceiverGas],
] as const) {
  const figures = await measure();
  writeFileSync(new URL(file, import.meta.url), `${JSON.stringify(figures, null, 2)}\n`);
  console.table(figures);
}
