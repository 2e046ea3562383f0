import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Parameters: `owner`, `treasury`, `operator` (all default to the deploying account), `refundLimit` (in 1e-6 USDC).
 *
 * Only where USDC is: on Base and Base Sepolia, or on a local chain with one of their ids and USDC installed before.
 * With `--strategy create2` the address depends on these four and the code alone, so that both chains give one address
 * to the same parameters, whoever deploys:
 *
 * The wei that goes along is the coin of its pause (`PauseCoin`); without one the deployment reverts.
 *
 * @example
 * hardhat ignition deploy ignition/modules/SettlementReceiver.ts --network baseLive --strategy create2 \
 *   --parameters ignition/parameters/base.json5
 */
export default buildModule("SettlementReceiverModule", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const treasury = m.getParameter("treasury", deployer);
  const operator = m.getParameter("operator", deployer);
  const refundLimit = m.getParameter<bigint>("refundLimit");
  return { receiver: m.contract("SettlementReceiver", [owner, treasury, operator, refundLimit], { value: 1n }) };
});
