import { checkVerification } from "../../products/verifications/check.ts";
import type { VerificationDeps } from "../../products/verifications/verification.ts";
import { CODE_CHECK } from "../endpoint-schemas.ts";
import { answered } from "./results.ts";
import type { InputSchema, Tool } from "./tool.ts";

const { examples: _, ...INPUT } = CODE_CHECK;

/** The other half of start_verification. */
export const verificationTools = (deps: VerificationDeps): Tool[] => [
  {
    card: {
      name: "check_verification",
      title: "Check a verification's code",
      description:
        "Says whether a code is the one that start_verification sent: `valid` is true once. Five guesses within ten minutes. Free.",
      inputSchema: INPUT as InputSchema,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    },
    run: async ({ args }) => answered(await checkVerification(deps, args)),
  },
];
