// Validators' keys and their signatures. The keys follow the interop scheme: sha256 of the index (little-endian, 32
// bytes), read as a little-endian integer modulo the group order.
import { SecretKey } from '@chainsafe/blst';
import { computeSigningRoot, interopSecretKey } from '@lodestar/state-transition';

const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

export class Keys {
  constructor(count) {
    this.secrets = Array.from({ length: count }, (_, index) => interopSecretKey(index));
    this.publicKeys = this.secrets.map((secret) => secret.toPublicKey().toBytes());
    this.scalars = this.secrets.map((secret) => BigInt(`0x${Buffer.from(secret.toBytes()).toString('hex')}`));
  }

  /** The signature (96 bytes) of one validator over an SSZ object under a domain. */
  sign(index, type, value, domain) {
    return this.secrets[index].sign(computeSigningRoot(type, value, domain)).toBytes();
  }

  /**
   * The aggregate of the signatures of `indices` (repetitions count) over one object: the same bytes as signing with
   * each and adding up, since the sum of signatures is the signature of the sum of keys. One signature instead of
   * hundreds.
   */
  signTogether(indices, type, value, domain) {
    let sum = 0n;
    for (const index of indices) sum += this.scalars[index];
    const bytes = Buffer.from((sum % GROUP_ORDER).toString(16).padStart(64, '0'), 'hex');
    return SecretKey.fromBytes(bytes)
      .sign(computeSigningRoot(type, value, domain))
      .toBytes();
  }
}
