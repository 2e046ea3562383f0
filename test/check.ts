// `npm run check`: what does not need a chain or a database. Lint, types, architecture.
import { runSteps } from "./steps.ts";

await runSteps([
  { title: "lint and format", command: ["biome", "check", "--error-on-warnings"] },
  // The types of deployed contracts come from the build; without it they fall back to loose ones silently.
  { title: "build contracts", command: ["hardhat", "build", "--quiet"] },
  { title: "types", command: ["tsc", "--noEmit"] },
  {
    title: "types of what runs in browsers",
    command: ["tsc", "--noEmit", "--project", "api/storefront/pages/browser"],
  },
  { title: "architecture", command: ["vitest", "run", "--project", "unit", "test/architecture.test.ts"] },
]);
