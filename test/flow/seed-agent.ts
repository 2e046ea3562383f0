// @ts-nocheck: this is the documents' own code.
// biome-ignore-all format: kept letter for letter, so that it can be laid beside the document.
// biome-ignore-all lint: the same.
// The sample of seed 004. Filled in: node's own fetch for node-fetch, the wallet, the ABI; and, at the end, a caller.
import { createWalletClient, http, parseAbi } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { avalanche } from 'viem/chains';

const walletClient = createWalletClient({
  account: privateKeyToAccount(process.env.PRIVATE_KEY), chain: avalanche, transport: http(process.env.RPC_URL),
});

async function callMasked(apiId) {
  const origin = process.env.ORIGIN || 'https://your.app';

  // 1) initial 402
  const r1 = await fetch(
    
    origin + '/api/' + apiId
  );
  if (r1.status !== 402) throw new Error('Expected 402');
  const j1 = await r1.json();
  const info = j1.data; // includes session_id, contract, token_address, amount_wei

  // 2) on-chain payment (choose native or erc20 path shown in info.calls)
  await walletClient.writeContract({
    address: info.contract,
    abi: parseAbi(['function payNativeFor(bytes32 sessionId, address merchant) payable']),
    functionName: 'payNativeFor',
    args: [info.session_id, info.merchant_wallet],
    value: BigInt(info.amount_wei),
    chain: avalanche,
  });

  // 3) poll until 200
  for (let i = 0; i < 45; i++) {
    const r2 = await fetch(origin + '/api/' + apiId, {
      headers: { 'X-402-Session': info.session_id },
    });
    if (r2.status === 200) {
      const ok = await r2.json();
      return ok.data.upstream; // { status, content_type, body }
    }
    await new Promise((res) => setTimeout(res, 2000));
  }
  throw new Error('Timeout waiting for unlock');
}

console.log(JSON.stringify(await callMasked(process.argv[2])));
