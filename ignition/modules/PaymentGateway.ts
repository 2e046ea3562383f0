import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * Parameters: `owner`, `feeRecipient` (both default to the deploying account), `feeBps`.
 *
 * With `--strategy create2` the address depends on these three and the code alone, so that Avalanche and Fuji give one
 * address to the same parameters, whoever deploys:
 *
 * @example
 * hardhat ignition deploy ignition/modules/PaymentGateway.ts --network avalancheLive --strategy create2 \
 *   --parameters ignition/parameters/avalanche.json5
 */
export default buildModule("PaymentGatewayModule", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const feeRecipient = m.getParameter("feeRecipient", deployer);
  const feeBps = m.getParameter<number>("feeBps");
  return { gateway: m.contract("PaymentGateway", [owner, feeRecipient, feeBps]) };
});
