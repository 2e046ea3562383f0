/** `npm run gas`: measures every way to pay and rewrites the snapshot that `gas.test.ts` holds the contract to. */
import { writeFileSync } from "node:fs";
import hre from "hardhat";
import { measureGas } from "./gas-table.ts";

await hre.tasks.getTask("build").run({ quiet: true });
const figures = await measureGas();
writeFileSync(new URL("gas-snapshot.json", import.meta.url), `${JSON.stringify(figures, null, 2)}\n`);
console.table(figures);
