import { type Hex, hexToBytes, toHex } from "viem";

/** Opcodes that hand storage or the account itself to other code, or make code that we did not read. */
export const FORBIDDEN = { CREATE: 0xf0, CALLCODE: 0xf2, DELEGATECALL: 0xf4, CREATE2: 0xf5, SELFDESTRUCT: 0xff };
export const CALL = 0xf1;
const [PUSH1, PUSH32] = [0x60, 0x7f];

/** The opcodes of the code, without the data of its pushes and without the metadata that follows it. */
export function opcodes(code: Hex): Set<number> {
  const bytes = hexToBytes(code);
  const metadata = Number(toHex(bytes.subarray(-2))) + 2;
  const found = new Set<number>();
  for (let at = 0; at < bytes.length - metadata; at++) {
    const opcode = bytes[at] as number;
    found.add(opcode);
    if (opcode >= PUSH1 && opcode <= PUSH32) at += opcode - PUSH1 + 1;
  }
  return found;
}
