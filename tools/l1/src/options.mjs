// Command line options of main.mjs, checked before anything starts.
import { parseArgs } from 'node:util';

export const USAGE = `node tools/l1/main.mjs --data-dir DIR [options]

  --data-dir DIR              where the execution client keeps its chain (its part is emptied at each start) and its log
  --preset minimal|mainnet    consensus preset (minimal)
  --slot-time SECONDS         1 or more, whole (2)
  --validators N              at least one per slot of an epoch: 8 in minimal, 32 in mainnet (16)
  --withdrawal-accounts K     validator i withdraws to development account i mod K, 1 to 10 (2)
  --rpc-port PORT             JSON-RPC of the execution chain, 0 = any free port (0)
  --beacon-port PORT          Beacon API, 0 = any free port (0)
  --seed N                    the same proposers in each run with the same N (otherwise they follow from the start time)
  --manual                    no clock: slots pass only on request (l1_advanceSlots)
`;

const SLOTS_PER_EPOCH = { minimal: 8, mainnet: 32 };

/** The options with their defaults, or throws with what was expected. */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      'data-dir': { type: 'string' },
      preset: { type: 'string', default: 'minimal' },
      'slot-time': { type: 'string', default: '2' },
      validators: { type: 'string', default: '16' },
      'withdrawal-accounts': { type: 'string', default: '2' },
      'rpc-port': { type: 'string', default: '0' },
      'beacon-port': { type: 'string', default: '0' },
      seed: { type: 'string' },
      manual: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { help: true };
  if (values['data-dir'] === undefined) throw new Error('--data-dir: expected a folder');
  if (!Object.hasOwn(SLOTS_PER_EPOCH, values.preset))
    throw new Error(`--preset: got ${values.preset}, expected minimal or mainnet`);
  const integer = (name, least, most) => {
    const number = Number(values[name]);
    if (!/^[0-9]+$/.test(values[name]) || number < least || number > most) {
      throw new Error(`--${name}: got ${values[name]}, expected an integer from ${least} to ${most}`);
    }
    return number;
  };
  return {
    dataDir: values['data-dir'],
    preset: values.preset,
    slotTimeS: integer('slot-time', 1, 3600),
    validators: integer('validators', SLOTS_PER_EPOCH[values.preset], 4096),
    accounts: integer('withdrawal-accounts', 1, 10),
    rpcPort: integer('rpc-port', 0, 65535),
    beaconPort: integer('beacon-port', 0, 65535),
    seed: values.seed === undefined ? null : integer('seed', 0, Number.MAX_SAFE_INTEGER),
    manual: values.manual,
  };
}
