/** A contract with what it is made of: the sources that its tests must cover and whose faults they must find. */
export type Contract = {
  main: string;
  sources: readonly string[];
  /** Folder of its TypeScript tests, and of those in it that are another's. */
  tests: string;
  othersTests?: string;
  /** How the names of its Solidity tests begin. */
  solidityTests: string;
};

export const CONTRACTS = {
  gateway: {
    main: "contracts/PaymentGateway.sol",
    sources: ["contracts/GatewaySettings.sol", "contracts/PaymentGateway.sol", "contracts/PaymentId.sol"],
    tests: "test/contracts",
    othersTests: "test/contracts/receiver/**",
    solidityTests: "PaymentGateway",
  },
  receiver: {
    main: "contracts/SettlementReceiver.sol",
    sources: ["contracts/PauseCoin.sol", "contracts/ReceiverSettings.sol", "contracts/SettlementReceiver.sol"],
    tests: "test/contracts/receiver",
    solidityTests: "SettlementReceiver",
  },
} as const satisfies Record<string, Contract>;

/** Tests that judge gas and bytecode, which every change changes, or that repeat others ten thousand times. */
export const LEFT_OUT = ["gas", "bytecode", "model", "create2", "deployment"];
