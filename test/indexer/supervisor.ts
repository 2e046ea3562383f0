// A supervisor in a process of its own, for tests that kill it. Its options come as JSON in the first argument.
import { startIndexer } from "../../dev/indexer.ts";

const { rpcUrl, ...options } = JSON.parse(process.argv[2] as string);
const indexer = await startIndexer({ ...options, rpcUrls: new Map([[options.gateway.chainId, [rpcUrl]]]) });
await indexer.ready;
console.log(indexer.pid());
