import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Parameters: `owner`, `feeRecipient` (both default to the deploying account), `feeBps`. */
export default buildModule("PaymentGatewayModule", (m) => {
  const deployer = m.getAccount(0);
  const owner = m.getParameter("owner", deployer);
  const feeRecipient = m.getParameter("feeRecipient", deployer);
  const feeBps = m.getParameter<number>("feeBps");
  return { gateway: m.contract("PaymentGateway", [owner, feeRecipient, feeBps]) };
});
