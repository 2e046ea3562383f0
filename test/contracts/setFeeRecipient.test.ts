import { getAddress, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { expectRevert, FEE_BPS, useWorld } from "./world.ts";

const world = await useWorld();
const { gateway, viem } = world;
const asOwner = { account: world.owner.account };
const next = getAddress(world.other.account.address);

describe("setFeeRecipient", () => {
  it("sets the account that sweeps go to, and nothing else", async () => {
    await gateway.write.setFeeRecipient([next], asOwner);
    expect(await gateway.read.feeRecipient()).toBe(next);
    expect(await gateway.read.feeBps()).toBe(FEE_BPS);
  });

  it("emits FeeRecipientChanged", async () => {
    const set = gateway.write.setFeeRecipient([next], asOwner);
    await viem.assertions.emitWithArgs(set, gateway, "FeeRecipientChanged", [next]);
  });

  it.each([
    ["zero", zeroAddress],
    ["the gateway", world.gateway.address],
  ])("reverts with InvalidFeeRecipient for %s", async (_, bad) => {
    const set = gateway.write.setFeeRecipient([bad], asOwner);
    await expectRevert(world, set, ["InvalidFeeRecipient", getAddress(bad)]);
  });

  it("reverts with OwnableUnauthorizedAccount for anyone but the owner", async () => {
    const set = gateway.write.setFeeRecipient([next], { account: world.stranger.account });
    await expectRevert(world, set, ["OwnableUnauthorizedAccount", getAddress(world.stranger.account.address)]);
  });
});
