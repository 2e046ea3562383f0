import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { network } from "hardhat";
import { getAddress } from "viem";
import { afterAll, describe, expect, it } from "vitest";
import { readDeployment } from "../../contracts/deployment.ts";
import PaymentGatewayModule from "../../ignition/modules/PaymentGateway.ts";

const ROOT = join(import.meta.dirname, "../..");
const FUTURE = "PaymentGatewayModule#PaymentGateway";
const deploymentId = `local-test-${process.pid}`;

afterAll(() => rmSync(join(ROOT, "ignition/deployments", deploymentId), { recursive: true, force: true }));

describe("readDeployment", () => {
  it("finds address and start block of what Ignition deployed over HTTP", async () => {
    const server = await network.createServer("avalanche", "127.0.0.1");
    const { address, port } = await server.listen();
    const local = await network.create({ network: "local", override: { url: `http://${address}:${port}` } });
    // Two blocks before it, so that the start block is not the first that could be.
    for (let i = 0; i < 2; i++) await local.provider.request({ method: "evm_mine" });
    const { gateway } = await local.ignition.deploy(PaymentGatewayModule, {
      deploymentId,
      parameters: { PaymentGatewayModule: { feeBps: 100 } },
    });
    const read = readDeployment(ROOT, deploymentId, FUTURE);
    expect(read).toEqual({ address: getAddress(gateway.address), startBlock: 3 });
    await local.close();
    await server.close();
  });

  it("says which contract is missing in a record", () => {
    expect(() => readDeployment(ROOT, deploymentId, "PaymentGatewayModule#Other")).toThrow(
      /no confirmed PaymentGatewayModule#Other/,
    );
  });

  it("says where it looked when there is no record", () => {
    const root = mkdtempSync(join(tmpdir(), "turnpike-"));
    expect(() => readDeployment(root, "chain-43114", FUTURE)).toThrow(`no Ignition record at ${root}`);
    rmSync(root, { recursive: true });
  });
});
