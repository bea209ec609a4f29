//! BLS12-381 signatures of validators (min-pk, proof-of-possession ciphersuite).
