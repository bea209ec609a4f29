// tools/deploy.mjs puts both plans on a chain, at the addresses it said beforehand.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startAnvil } from './anvil.mjs';
import { viem } from './packages.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const DEPLOYER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
const GOVERNOR = '0xa0Ee7A142d267C1f36714E4a8F75612F20a79720';
const ETHER = 10n ** 18n;

let anvil;
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forebond-deploy-'));
  anvil = await startAnvil();
});

after(async () => {
  await anvil?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function parametersFile() {
  const clock = { genesisTime: 1_700_000_000, secondsPerSlot: 12, slotsPerEpoch: 32 };
  const parameters = {
    ...clock,
    genesisForkVersion: '0x00000000',
    fuluForkEpoch: 0,
    layoutNoticeEpochs: 3150,
    timelockSeconds: 1_209_600,
    governors: [GOVERNOR],
    releasePhase: 0,
    historyEpochs: 2048,
    oracleSlots: 8191,
    restaking: '0x0000000000000000000000000000000000000000',
    terms: {
      livenessWei: `${ETHER}`, safetyWei: `${1000n * ETHER}`, minReserveWei: `${100n * ETHER}`, bountyCapWei: `${10n * ETHER}`, bountyBps: 500, coverBps: 12_500,
      evidenceHorizonSeconds: 604_800, claimPeriodSeconds: 604_800, rewardPeriodEpochs: 3150, freeMissesPerPeriod: 1,
    },
    vetoer: GOVERNOR,
    attesters: ['0x0000000000000000000000000000000000000011', '0x0000000000000000000000000000000000000012', '0x0000000000000000000000000000000000000013'],
    attesterThreshold: 2,
    attesterBondWei: `${32n * ETHER}`,
    vetoSeconds: 86_400,
    attesterExitSeconds: 1_209_600,
    sequencingWindowSlots: 300,
    rollup: {
      l2GenesisTime: 1_700_000_000, blockTimeSeconds: 1, l2GenesisHash: `0x${'11'.repeat(32)}`, handoverSlots: 4, lookaheadDepth: 8, fallbackGateway: 1, orderingRule: 0,
      firstEpoch: 100, claimWindowSeconds: 86_400, resolverSeconds: 259_200, disputeBondWei: `${ETHER}`, maxOriginLag: 600,
    },
  };
  const path = join(folder, 'parameters.json');
  writeFileSync(path, JSON.stringify(parameters));
  return path;
}

const deploy = (...options) => run('node', [join(root, 'tools/deploy.mjs'), '--rpc', anvil.url, ...options], { env: { ...process.env, DEPLOYER_KEY } });

test('both plans deploy, and contracts know each other', async () => {
  const parameters = parametersFile();
  const [core, rollup] = [join(folder, 'core.json'), join(folder, 'rollup.json')];
  await deploy('--plan', 'core', '--parameters', parameters, '--out', core);
  await deploy('--plan', 'rollup', '--parameters', parameters, '--known', core, '--out', rollup);
  const addresses = JSON.parse(readFileSync(rollup, 'utf8'));
  const chain = viem.createPublicClient({ transport: viem.http(anvil.url) });
  const read = (contract, functionName, args = []) => {
    const { abi } = JSON.parse(readFileSync(join(root, `contracts/artifacts/${contract}.json`), 'utf8'));
    return chain.readContract({ address: addresses[contract], abi, functionName, args });
  };
  for (const address of Object.values(addresses)) assert.ok((await chain.getCode({ address }))?.length > 2);
  const same = (got, name) => assert.equal(got.toLowerCase(), addresses[name].toLowerCase());
  same(await read('BondVault', 'slasher'), 'Slasher');
  same(await read('GatewayRegistry', 'vault'), 'BondVault');
  same(await read('Inbox', 'lookahead'), 'Lookahead');
  same(await read('Slasher', 'vault'), 'BondVault');
  assert.equal(await read('Slasher', 'isJudge', [addresses.ForkJudge]), true);
  assert.equal((await read('Inbox', 'config')).handoverSlots, 4n);
});

test('a missing parameter and a missing key are named', async () => {
  const incomplete = join(folder, 'incomplete.json');
  writeFileSync(incomplete, '{"slotsPerEpoch": 32}');
  await assert.rejects(deploy('--plan', 'core', '--parameters', incomplete), /timelockSeconds names nothing/);
  await assert.rejects(run('node', [join(root, 'tools/deploy.mjs'), '--rpc', anvil.url, '--plan', 'core', '--parameters', incomplete], { env: { ...process.env, DEPLOYER_KEY: '' } }), /DEPLOYER_KEY/);
});
