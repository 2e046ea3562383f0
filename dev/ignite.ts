// Run by itself, for Hardhat wants a process of its own: compiles what local chains need and deploys one contract with
// the module that deploys it everywhere. Which one is told by the first argument, where to by LOCAL_RPC_URL and
// IGNITION_DEPLOYMENT.
import hre from "hardhat";
import paymentGatewayModule from "../ignition/modules/PaymentGateway.ts";
import settlementReceiverModule from "../ignition/modules/SettlementReceiver.ts";

// By name: a whole build would compile every test's contracts, too, and take minutes on a busy machine.
const files = ["contracts/PaymentGateway.sol", "contracts/SettlementReceiver.sol", "test/mocks/DemoToken.sol"];
await hre.tasks.getTask("build").run({ files, quiet: true });
const { ignition } = await hre.network.create("local");
const how = {
  deploymentId: process.env.IGNITION_DEPLOYMENT as string,
  parameters: "ignition/parameters/local.json5",
};
if (process.argv[2] === "receiver") await ignition.deploy(settlementReceiverModule, how);
else await ignition.deploy(paymentGatewayModule, how);
