// Run by itself, for Hardhat wants a process of its own: compiles what a local chain needs and deploys the gateway
// with the module that deploys it everywhere. Where to is told by LOCAL_RPC_URL and IGNITION_DEPLOYMENT.
import hre from "hardhat";
import paymentGatewayModule from "../ignition/modules/PaymentGateway.ts";

// By name: a whole build would compile every test's contracts, too, and take minutes on a busy machine.
await hre.tasks
  .getTask("build")
  .run({ files: ["contracts/PaymentGateway.sol", "test/mocks/DemoToken.sol"], quiet: true });
const { ignition } = await hre.network.create("local");
await ignition.deploy(paymentGatewayModule, {
  deploymentId: process.env.IGNITION_DEPLOYMENT as string,
  parameters: "ignition/parameters/local.json5",
});
