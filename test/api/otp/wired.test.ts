import { expect, it } from "vitest";
import { openDeps } from "../../../api/deps.ts";
import { readEnv } from "../../../api/env.ts";

it("does not start, and connects to nothing, with a catalogue that cannot be read", async () => {
  const env = readEnv({
    DATABASE_URL: "postgresql://127.0.0.1:1/none",
    SESSION_KEYS: "11".repeat(32),
    SECRETS_KEY: "22".repeat(32),
    AVALANCHE_RPC_URL: "http://127.0.0.1:1",
    GATEWAY_ADDRESS: "0x1111111111111111111111111111111111111111",
    GATEWAY_START_BLOCK: "1",
    OTP_SUPPLIER_URL: "http://127.0.0.1:1/stubs/handler_api.php",
    OTP_SUPPLIER_KEY: "key",
    OTP_CATALOG: "/none.json",
  });
  const opening = openDeps({
    env,
    publicUrl: "http://127.0.0.1",
    ownHosts: [],
    stopping: new AbortController().signal,
  });
  await expect(opening).rejects.toThrow("OTP_CATALOG: /none.json: cannot be read (ENOENT)");
});
