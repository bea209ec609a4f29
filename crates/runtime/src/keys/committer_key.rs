use super::{KeyError, KeySource, PasswordSource, keystore};
use alloy_primitives::{Address, B256, hex, keccak256};
use forebond_types::Signature;
use secp256k1::{SECP256K1, SecretKey};
use std::{ffi::OsString, fmt};

/// The text whose keccak256 is the key of development gateways. It is public, like the accounts
/// of the development mnemonic, and apart from them, so that no wallet shares it.
const DEV_KEY_TEXT: &str = "Forebond development committer";

/// The key a gateway signs promises with. It cannot be printed or serialised: its `Debug` form is
/// the address. The memory is overwritten when it is dropped, as far as the compiler allows.
pub struct CommitterKey {
    secret: SecretKey,
    address: Address,
}

impl CommitterKey {
    /// Loads the key from `source`; `password` is needed for a keystore and ignored otherwise.
    ///
    /// Decrypting a keystore takes from a tenth of a second to seconds, and blocks.
    ///
    /// # Errors
    /// [`KeyError`] says which source lacks what; it never contains a secret.
    pub fn load(source: &KeySource, password: Option<&PasswordSource>) -> Result<Self, KeyError> {
        Self::load_with(source, password, &|name| std::env::var_os(name))
    }

    /// As [`Self::load`], with the environment given by `variable`.
    pub(super) fn load_with(
        source: &KeySource,
        password: Option<&PasswordSource>,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, KeyError> {
        let bytes = match source {
            KeySource::Env(name) => {
                let value = variable(name).ok_or_else(|| KeyError::NotSet {
                    name: name.clone(),
                    what: "a private key of 64 hex digits",
                })?;
                // A line end behind the digits is common (`export KEY=$(cat file)` in some shells).
                let text = value.to_string_lossy();
                let not_hex = || KeyError::NotHex {
                    name: name.clone(),
                    got_characters: text.chars().count(),
                };
                hex::decode_to_array(text.trim()).map_err(|_| not_hex())?
            }
            KeySource::Keystore(path) => {
                let password =
                    password.ok_or_else(|| KeyError::NoPassword { path: path.clone() })?;
                keystore::decrypt(path, &keystore::password(password, variable)?)?.0
            }
        };
        Self::from_bytes(&B256::new(bytes)).ok_or_else(|| KeyError::NotAKey {
            source_name: source.to_string(),
        })
    }

    /// The built-in key of `--dev` gateways, known to everybody: keccak256 of the ASCII text
    /// "Forebond development committer". It must never guard anything of value.
    pub fn development() -> Option<Self> {
        Self::from_bytes(&keccak256(DEV_KEY_TEXT))
    }

    fn from_bytes(bytes: &B256) -> Option<Self> {
        let secret = SecretKey::from_slice(bytes.as_slice()).ok()?;
        let public = secret.public_key(SECP256K1).serialize_uncompressed();
        let address = Address::from_raw_public_key(public.get(1..)?);
        Some(Self { secret, address })
    }

    /// The address that verifies this key's signatures.
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs a digest; deterministic, low `s`.
    pub fn sign(&self, digest: B256) -> Signature {
        Signature::sign(digest, &self.secret)
    }

    /// The secret itself, for the one place that asks the signing guard before it uses it.
    pub const fn expose_secret(&self) -> &SecretKey {
        &self.secret
    }
}

impl fmt::Debug for CommitterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitterKey({})", self.address)
    }
}

impl Drop for CommitterKey {
    fn drop(&mut self) {
        self.secret.non_secure_erase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    const ADDRESS: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    fn from_env(value: &str) -> Result<CommitterKey, KeyError> {
        let source = KeySource::Env("KEY".into());
        CommitterKey::load_with(&source, None, &|name| (name == "KEY").then(|| value.into()))
    }

    #[test]
    fn a_key_from_the_environment_is_hex_with_or_without_prefix() {
        for text in [
            KEY.to_owned(),
            format!("0x{KEY}"),
            format!("{KEY}\n"),
            KEY.to_uppercase(),
        ] {
            assert_eq!(from_env(&text).unwrap().address(), ADDRESS);
        }
    }

    #[test]
    fn what_it_signs_recovers_its_address() {
        let digest = keccak256("x");
        assert_eq!(
            from_env(KEY).unwrap().sign(digest).recover(digest).unwrap(),
            ADDRESS
        );
    }

    #[test]
    fn neither_the_key_nor_an_error_about_it_prints_the_secret() {
        assert_eq!(
            format!("{:?}", from_env(KEY).unwrap()),
            format!("CommitterKey({ADDRESS})")
        );
        for wrong in [&KEY[1..], &format!("{KEY}ab"), &format!("{}zz", &KEY[2..])] {
            let error = from_env(wrong).unwrap_err();
            for text in [format!("{error}"), format!("{error:?}")] {
                assert!(!text.contains("0974bec39a"), "{text}");
                assert!(text.contains("KEY"), "{text}");
            }
        }
    }

    #[test]
    fn zero_and_the_group_order_are_no_keys() {
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        for wrong in ["0".repeat(64), order.to_owned()] {
            assert!(matches!(from_env(&wrong), Err(KeyError::NotAKey { .. })));
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let source = KeySource::Env("MISSING".into());
        let error = CommitterKey::load_with(&source, None, &|_| None).unwrap_err();
        assert!(error.to_string().contains("MISSING"), "{error}");
    }

    #[test]
    fn the_development_key_is_the_same_everywhere() {
        let key = CommitterKey::development().unwrap();
        assert_eq!(
            *key.expose_secret(),
            SecretKey::from_slice(keccak256(DEV_KEY_TEXT).as_slice()).unwrap()
        );
        assert_eq!(
            key.address(),
            address!("dE6714B740039938b75756b83C6B29BDF864cea5")
        );
    }
}
