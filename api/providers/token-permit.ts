import { type Address, domainSeparator, type Hex, parseAbi, zeroAddress } from "viem";
import { type ChainReader, said } from "./chain.ts";

/** EIP-712 domain under which a token takes EIP-2612 permits. */
export type PermitDomain = {
  name?: string;
  version?: string;
  chainId?: number;
  verifyingContract?: Address;
  salt?: Hex;
};

const permitAbi = parseAbi([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function nonces(address owner) view returns (uint256)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

/**
 * The permit domain of `token`, or undefined when it takes no permits that a client could sign: it must answer for
 * `nonces` and `DOMAIN_SEPARATOR`, and the separator must be the hash of the domain that we would hand out. Its name and
 * version go into every quote, so they must be short and printable.
 *
 * @throws ApiError chain_unavailable when the node answers one of the questions with nothing
 */
export async function permitDomainOf(chain: ChainReader, token: Address): Promise<PermitDomain | undefined> {
  const ask = (functionName: "DOMAIN_SEPARATOR" | "name" | "version") =>
    said(chain.client.readContract({ address: token, abi: permitAbi, functionName }));
  const [separator, name, version, described, nonce] = await Promise.all([
    ask("DOMAIN_SEPARATOR"),
    ask("name"),
    ask("version"),
    said(chain.client.readContract({ address: token, abi: permitAbi, functionName: "eip712Domain" })),
    said(chain.client.readContract({ address: token, abi: permitAbi, functionName: "nonces", args: [zeroAddress] })),
  ]);
  if (separator === undefined || nonce === undefined) return undefined;
  const candidates = described ? [fromFields(described)] : [];
  for (const guess of new Set([version ?? "1", "1", "2"]))
    candidates.push({ name: name ?? "", version: guess, chainId: chain.chain.id, verifyingContract: token });
  return candidates.find((domain) => isShowable(domain) && hashOf(domain) === separator.toLowerCase());
}

type Described = readonly [Hex, string, string, bigint, Address, Hex, readonly bigint[]];

function fromFields([fields, name, version, chainId, verifyingContract, salt]: Described): PermitDomain {
  const bits = Number.parseInt(fields.slice(2, 4), 16);
  return {
    ...(bits & 1 && { name }),
    ...(bits & 2 && { version }),
    ...(bits & 4 && { chainId: Number(chainId) }),
    ...(bits & 8 && { verifyingContract }),
    ...(bits & 16 && { salt }),
  };
}

/** Letters, marks, digits, signs and spaces: no control or format characters, no halves of pairs. */
const SHOWABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]{0,100}$/u;

const isShowable = ({ name = "", version = "" }: PermitDomain) => SHOWABLE.test(name) && SHOWABLE.test(version);

const hashOf = (domain: PermitDomain) => domainSeparator({ domain });
