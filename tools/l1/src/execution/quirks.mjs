// Where the execution client answers otherwise than others do, and what makes up for it. Everything else passes through
// as it is.
import { blobTransactionHash, isBlobTransaction, toCellProofForm } from './blobs.mjs';
import { RpcError, call } from './engine.mjs';

const TRANSFER_GAS = 21_000n;
const MAX_TRANSACTION_GAS = 16_777_216n;
const PRIORITY_FEE_WEI = '0x3b9aca00';
const HASH = /^0x[0-9a-f]{64}$/i;
// Where methods that read state take the block; it may be left out and then is the latest one.
const BLOCK_PLACE = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getStorageAt: 2,
  eth_getProof: 2,
};

export class ExecutionRpc {
  /** `url` is the client's own RPC. */
  constructor(url) {
    this.url = url;
    this.special = {
      eth_sendRawTransaction: ([raw]) => this.sendRawTransaction(raw),
      // Not served by the client.
      eth_maxPriorityFeePerGas: async () => PRIORITY_FEE_WEI,
      eth_blobBaseFee: async () => (await this.feeHistory(['0x1', 'latest', []])).baseFeePerBlobGas.at(-1),
      eth_feeHistory: (params) => this.feeHistory(params),
      eth_getTransactionCount: (params) => this.transactionCount(params),
      eth_estimateGas: (params) => this.estimateGas(params),
      eth_getLogs: (params) => this.logs(params),
      eth_getTransactionReceipt: (params) => this.receipt(params),
      eth_getBlockReceipts: (params) => this.blockReceipts(params),
    };
  }

  async request(method, params) {
    const place = BLOCK_PLACE[method];
    const full = place === params.length ? [...params, 'latest'] : [...params];
    if (place !== undefined) full[place] = await this.byNumber(full[place]);
    const special = Object.hasOwn(this.special, method) ? this.special[method] : undefined;
    return special === undefined ? this.plain(method, full) : special(full);
  }

  /** There is no pending block: what is asked of it is answered from the latest one. */
  plain(method, params) {
    return call(this.url, method, params.map(settled));
  }

  /** The client takes a blob transaction and then fails on its own metrics: that error means success. */
  async sendRawTransaction(raw) {
    if (typeof raw !== 'string' || !isBlobTransaction(raw)) return this.plain('eth_sendRawTransaction', [raw]);
    let form;
    try {
      form = await toCellProofForm(raw);
    } catch (error) {
      throw new RpcError('eth_sendRawTransaction', -32602, error.message);
    }
    try {
      return await this.plain('eth_sendRawTransaction', [form]);
    } catch (error) {
      if (!error.message.includes('blobGasPerBlob')) throw error;
      return blobTransactionHash(form);
    }
  }

  /** The client fails when more blocks are asked for than there are. */
  async feeHistory([count, newest = 'latest', percentiles = []]) {
    const { number } = await this.plain('eth_getBlockByNumber', [newest, false]);
    const most = Math.min(Number(count), Number(number) + 1);
    return this.plain('eth_feeHistory', [quantity(most), newest, percentiles]);
  }

  /**
   * The client reads `data` but not `input`, knows no null fields, takes a call with 1559 fees for one that pays
   * nothing, gives an estimate for what reverts, tries with more gas than a transaction may have (EIP-7825), and
   * answers what is spent after refunds, which can be too little to run with.
   */
  async estimateGas([{ from, to, value, gas, data, input, accessList }, block]) {
    const fields = {
      from,
      to,
      value,
      gas,
      data: data ?? input,
      ...(accessList?.length ? { type: '0x1', accessList } : {}),
    };
    fields.gas ??= quantity(MAX_TRANSACTION_GAS);
    const given = Object.fromEntries(
      Object.entries(fields).filter(([, field]) => field !== undefined && field !== null),
    );
    await this.plain('eth_call', [given, block]);
    const spent = BigInt(await this.plain('eth_estimateGas', [given, block]));
    if (spent === TRANSFER_GAS) return quantity(spent);
    const enough = (spent * 4n) / 3n;
    return quantity(enough < MAX_TRANSACTION_GAS ? enough : MAX_TRANSACTION_GAS);
  }

  /** The client looks at the first topic only, and refuses a range that ends above the chain. */
  async logs([{ topics = [], ...filter }]) {
    const logs = await this.logsOfAllTopics(filter);
    return logs.filter((log) => topics.every((wanted, place) => matches(wanted, log.topics[place])));
  }

  async logsOfAllTopics({ fromBlock, toBlock, ...filter }) {
    if (filter.blockHash !== undefined) return this.plain('eth_getLogs', [filter]);
    const height = BigInt(await this.plain('eth_blockNumber', []));
    const number = (tag) => (/^0x[0-9a-f]+$/i.test(tag) ? BigInt(tag) : undefined);
    if (number(fromBlock) > height) return [];
    const to = number(toBlock) > height ? quantity(height) : settled(toBlock ?? 'latest');
    return this.plain('eth_getLogs', [{ ...filter, fromBlock: settled(fromBlock ?? 'latest'), toBlock: to }]);
  }

  /** "pending" counts what waits in the pool without a gap. */
  async transactionCount([address, block]) {
    const latest = await this.plain('eth_getTransactionCount', [address, block]);
    if (block !== 'pending') return latest;
    const { pending } = await this.plain('txpool_content', []);
    const owner = Object.keys(pending).find((key) => key.toLowerCase().endsWith(address.slice(2).toLowerCase()));
    const waiting = new Set(Object.keys(owner === undefined ? {} : pending[owner]).map(Number));
    let nonce = Number(latest);
    while (waiting.has(nonce)) nonce += 1;
    return quantity(nonce);
  }

  async receipt(params) {
    const receipt = await this.plain('eth_getTransactionReceipt', params);
    return receipt && this.withPrice(receipt);
  }

  /**
   * The client takes a block's hash for its number, and in the receipts of a block it counts logs by transaction instead of
   * through the block.
   */
  async blockReceipts([block]) {
    const receipts = HASH.test(block) ? await this.receiptsByHash(block) : await this.plain('eth_getBlockReceipts', [block]);
    let index = 0;
    for (const receipt of receipts ?? []) {
      for (const log of receipt.logs) {
        log.logIndex = quantity(index);
        index += 1;
      }
    }
    return receipts && Promise.all(receipts.map((receipt) => this.withPrice(receipt)));
  }

  /** Null for a block that is not canonical: the client finds receipts of a block by number only. */
  async receiptsByHash(hash) {
    const number = await this.canonicalNumber(hash);
    return number && this.plain('eth_getBlockReceipts', [number]);
  }

  /** The client reads state by number only: a hash (EIP-1898) is looked up, and refused unless its block is canonical. */
  async byNumber(block) {
    const hash = HASH.test(block) ? block : block?.blockHash;
    if (hash === undefined) return block?.blockNumber ?? block;
    const number = await this.canonicalNumber(hash);
    if (number === null) throw new RpcError('EIP-1898', -32001, `header for hash ${hash} not found, or not canonical`);
    return number;
  }

  /** The number of the canonical block with this hash; null when there is none. */
  async canonicalNumber(hash) {
    const block = await this.plain('eth_getBlockByHash', [hash, false]);
    if (block === null) return null;
    const canonical = await this.plain('eth_getBlockByNumber', [block.number, false]);
    return canonical?.hash === block.hash ? block.number : null;
  }

  /** The client leaves the base fee out of the price paid. */
  async withPrice(receipt) {
    if (Number(receipt.type) < 2) return receipt;
    const [transaction, block] = await Promise.all([
      this.plain('eth_getTransactionByHash', [receipt.transactionHash]),
      this.plain('eth_getBlockByHash', [receipt.blockHash, false]),
    ]);
    const tipped = BigInt(block.baseFeePerGas) + BigInt(transaction.maxPriorityFeePerGas);
    const most = BigInt(transaction.maxFeePerGas);
    return { ...receipt, effectiveGasPrice: quantity(tipped < most ? tipped : most) };
  }
}

/** Whether a topic is one of those a filter wants in its place: null = any, a list = any of these. */
function matches(wanted, topic) {
  if (wanted === null || wanted.length === 0) return true;
  const choices = Array.isArray(wanted) ? wanted : [wanted];
  return topic !== undefined && choices.some((one) => one.toLowerCase() === topic.toLowerCase());
}

function settled(block) {
  return block === 'pending' ? 'latest' : block;
}

function quantity(number) {
  return `0x${number.toString(16)}`;
}
