use std::collections::BTreeMap;

use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_json_abi::{JsonAbi, Param};
use alloy_primitives::{Address, Bytes};
use serde::Deserialize;
use serde_json::Value;

use crate::artifact::artifact;

/// What is deployed and with which constructor arguments: `contracts/deployment/*.json`, read by this crate and by
/// `tools/deploy.mjs`, so that both deploy the same.
///
/// An argument is a text: `@name` a parameter, `$Name` the address of a contract of this or an earlier plan, `=value` itself;
/// or a list of those, or an object of them for a struct.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    contracts: Vec<Step>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// Name of the instance.
    name: String,
    /// Name of the contract, when it is another.
    contract: Option<String>,
    args: Vec<Value>,
}

/// One contract creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// Name of the instance.
    pub name: String,
    /// Where it will be: `CREATE` by the deployer at this place's nonce.
    pub address: Address,
    /// Creation code with constructor arguments.
    pub init_code: Bytes,
}

/// Why a plan cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not a plan.
    #[error("the deployment plan is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// No such artifact.
    #[error("{instance}: there is no contract {contract} in contracts/artifacts")]
    UnknownContract {
        /// Instance.
        instance: String,
        /// Contract.
        contract: String,
    },
    /// An argument names nothing.
    #[error("{instance}: argument {reference:?} names no {kind}")]
    UnknownReference {
        /// Instance.
        instance: String,
        /// As written.
        reference: String,
        /// Parameter, contract or form.
        kind: &'static str,
    },
    /// Wrong number or type of arguments.
    #[error("{instance}: {reason}")]
    Arguments {
        /// Instance.
        instance: String,
        /// Expected and got.
        reason: String,
    },
}

impl Plan {
    /// The contracts that all rollups share.
    ///
    /// # Errors
    /// [`PlanError::Unreadable`]: never for a committed plan.
    pub fn core() -> Result<Self, PlanError> {
        Ok(serde_json::from_str(include_str!(
            "../../../contracts/deployment/core.json"
        ))?)
    }

    /// One rollup's contracts, on top of the core's.
    ///
    /// # Errors
    /// [`PlanError::Unreadable`]: never for a committed plan.
    pub fn rollup() -> Result<Self, PlanError> {
        Ok(serde_json::from_str(include_str!(
            "../../../contracts/deployment/rollup.json"
        ))?)
    }

    /// What tells a rollup who earned its fees, on top of [`Self::rollup`]'s. The rollup's genesis names its address, so it is predicted
    /// before: [`Self::creations`].
    ///
    /// # Errors
    /// [`PlanError::Unreadable`]: never for a committed plan.
    pub fn rewards() -> Result<Self, PlanError> {
        Ok(serde_json::from_str(include_str!(
            "../../../contracts/deployment/rewards.json"
        ))?)
    }

    /// How many contracts it creates: a later plan's begin so many nonces on.
    pub const fn creation_count(&self) -> u64 {
        self.contracts.len() as u64
    }

    /// The creations in order, from `deployer` whose next nonce is `first_nonce`. Addresses are known beforehand, so contracts may
    /// name each other. `known` are contracts of earlier plans; the new ones are added.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn creations(
        &self,
        deployer: Address,
        first_nonce: u64,
        parameters: &Value,
        known: &mut BTreeMap<String, Address>,
    ) -> Result<Vec<Creation>, PlanError> {
        for (nonce, step) in (first_nonce..).zip(&self.contracts) {
            known.insert(step.name.clone(), deployer.create(nonce));
        }
        (first_nonce..)
            .zip(&self.contracts)
            .map(|(nonce, step)| {
                Ok(Creation {
                    name: step.name.clone(),
                    address: deployer.create(nonce),
                    init_code: step.init_code(parameters, known)?,
                })
            })
            .collect()
    }
}

impl Step {
    fn init_code(
        &self,
        parameters: &Value,
        known: &BTreeMap<String, Address>,
    ) -> Result<Bytes, PlanError> {
        let contract = self.contract.as_ref().unwrap_or(&self.name);
        let artifact = artifact(contract).ok_or_else(|| PlanError::UnknownContract {
            instance: self.name.clone(),
            contract: contract.clone(),
        })?;
        let inputs = constructor_inputs(&artifact.abi);
        if inputs.len() != self.args.len() {
            return Err(self.wrong(format!(
                "the constructor of {contract} takes {} arguments, the plan gives {}",
                inputs.len(),
                self.args.len()
            )));
        }
        let values = inputs
            .iter()
            .zip(&self.args)
            .map(|(param, written)| {
                let resolved = self.resolve(written, parameters, known)?;
                encode(param, &resolved).map_err(|reason| self.wrong(reason))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut code = artifact.bytecode.to_vec();
        code.extend(DynSolValue::Tuple(values).abi_encode_params());
        Ok(code.into())
    }

    fn resolve(
        &self,
        written: &Value,
        parameters: &Value,
        known: &BTreeMap<String, Address>,
    ) -> Result<Value, PlanError> {
        let unknown = |reference: &str, kind| PlanError::UnknownReference {
            instance: self.name.clone(),
            reference: reference.to_owned(),
            kind,
        };
        match written {
            Value::Array(list) => list
                .iter()
                .map(|one| self.resolve(one, parameters, known))
                .collect::<Result<Vec<_>, _>>()
                .map(Value::Array),
            Value::Object(members) => members
                .iter()
                .map(|(name, one)| Ok((name.clone(), self.resolve(one, parameters, known)?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
            Value::String(text) => {
                if let Some(name) = text.strip_prefix('@') {
                    parameters
                        .get(name)
                        .cloned()
                        .ok_or_else(|| unknown(text, "parameter"))
                } else if let Some(name) = text.strip_prefix('$') {
                    known
                        .get(name)
                        .map(|address| Value::String(address.to_string()))
                        .ok_or_else(|| unknown(text, "contract"))
                } else if let Some(value) = text.strip_prefix('=') {
                    Ok(Value::String(value.to_owned()))
                } else {
                    Err(unknown(text, "form: write @parameter, $Contract or =value"))
                }
            }
            other => Err(unknown(&other.to_string(), "form: write a text or a list")),
        }
    }

    fn wrong(&self, reason: String) -> PlanError {
        PlanError::Arguments {
            instance: self.name.clone(),
            reason,
        }
    }
}

fn constructor_inputs(abi: &JsonAbi) -> &[Param] {
    abi.constructor
        .as_ref()
        .map_or(&[], |constructor| &constructor.inputs)
}

/// A JSON value as the parameter's type wants it: structs are objects by member name, everything else texts, numbers or lists.
fn encode(param: &Param, value: &Value) -> Result<DynSolValue, String> {
    let mismatch = || format!("{} wants {}, got {value}", param.name, param.ty);
    if let Some(element) = param.ty.strip_suffix("[]") {
        let list = value.as_array().ok_or_else(mismatch)?;
        let mut one = param.clone();
        element.clone_into(&mut one.ty);
        return list
            .iter()
            .map(|item| encode(&one, item))
            .collect::<Result<Vec<_>, _>>()
            .map(DynSolValue::Array);
    }
    if !param.components.is_empty() {
        let object = value.as_object().ok_or_else(mismatch)?;
        if object.len() != param.components.len() {
            return Err(format!(
                "{} has {} members, got {}",
                param.name,
                param.components.len(),
                object.len()
            ));
        }
        return param
            .components
            .iter()
            .map(|member| {
                let value = object
                    .get(&member.name)
                    .ok_or_else(|| format!("{} lacks {}", param.name, member.name))?;
                encode(member, value)
            })
            .collect::<Result<Vec<_>, _>>()
            .map(DynSolValue::Tuple);
    }
    let kind: DynSolType = param.ty.parse().map_err(|error| format!("{error}"))?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => return Err(mismatch()),
    };
    kind.coerce_str(&text)
        .map_err(|error| format!("{}: {error}", mismatch()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;
    use serde_json::json;

    const DEPLOYER: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");

    /// Contracts of the plans before.
    fn known() -> BTreeMap<String, Address> {
        [
            "Inbox",
            "Portal",
            "Lookahead",
            "GatewayRegistry",
            "ValidatorRegistry",
            "Parameters",
            "Slasher",
        ]
        .into_iter()
        .zip(1u8..)
        .map(|(name, place)| (name.to_owned(), Address::repeat_byte(place)))
        .collect()
    }

    /// The plan names what the constructor takes, in its order, and nothing that earlier plans and the README do not have.
    #[test]
    fn the_rewards_plan_deploys_the_messenger() {
        let mut known = known();
        let parameters = json!({
            "genesisTime": 1_606_824_023,
            "secondsPerSlot": 12,
            "slotsPerEpoch": 32,
            "oracleSlots": 8191,
            "rewardMarginSeconds": 86_400,
            "rollupOperator": DEPLOYER,
            "shareNoticeEpochs": 3150,
            "shares": {"rollupBps": 2000, "operatorBps": 3000, "gatewayBps": 5000},
        });
        let creations = Plan::rewards()
            .unwrap()
            .creations(DEPLOYER, 7, &parameters, &mut known)
            .unwrap();
        assert_eq!(creations.len(), 1);
        assert_eq!(creations[0].address, DEPLOYER.create(7));
        assert_eq!(known["RewardsMessenger"], DEPLOYER.create(7));
        let code = &artifact("RewardsMessenger").unwrap().bytecode;
        let arguments = creations[0].init_code.strip_prefix(code.as_ref()).unwrap();
        // Ten members of the wiring, two of the wait, operator, notice, three shares: all static.
        assert_eq!(arguments.len(), 17 * 32);
        let word = |place: usize| &arguments[place * 32..][..32];
        assert_eq!(Address::from_slice(&word(3)[12..]), known["Inbox"]);
        assert_eq!(Address::from_slice(&word(9)[12..]), known["Slasher"]);
        assert_eq!(Address::from_slice(&word(12)[12..]), DEPLOYER);
        assert_eq!(word(16)[30..], 5000u16.to_be_bytes());
    }

    #[test]
    fn a_parameter_that_is_missing_is_named() {
        let error = Plan::rewards()
            .unwrap()
            .creations(DEPLOYER, 0, &json!({}), &mut known())
            .unwrap_err();
        assert!(error.to_string().contains("@genesisTime"), "{error}");
    }
}
