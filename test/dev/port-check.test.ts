import { createServer } from "node:net";
import { expect, it } from "vitest";
import { checkPorts } from "../../dev/port-check.ts";
import { freePort } from "../../dev/process.ts";
import { readSettings } from "../../dev/settings.ts";

const settingsWith = (env: NodeJS.ProcessEnv) => readSettings("/repo", env);

it("names the variable that moves a taken port", async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  try {
    const check = checkPorts(settingsWith({ INDEXER_PORT: String(port) }), ["indexer"]);
    await expect(check).rejects.toThrow(`Port ${port} (indexer) is taken by another program. Set INDEXER_PORT`);
  } finally {
    other.close();
  }
});

it("tells two parts with the same port apart from a stranger", async () => {
  const port = String(await freePort());
  const check = checkPorts(settingsWith({ PORT: port, BASE_PORT: port }), ["api", "base"]);
  await expect(check).rejects.toThrow(`BASE_PORT and PORT are both ${port}.`);
});

it("is silent about free ports", async () => {
  await checkPorts(settingsWith({ PORT: String(await freePort()) }), ["api"]);
});

it("waits for a port whose holder is about to end", async () => {
  const port = await freePort();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  const check = checkPorts(settingsWith({ PORT: String(port) }), ["api"], 10_000);
  setTimeout(() => other.close(), 300);
  await check;
});
