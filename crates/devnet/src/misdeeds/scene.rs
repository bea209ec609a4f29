use eyre::Result;
use forebond_l1::{
    execution::ExecutionClient,
    sender::{SidecarForm, warm_up},
};
use forebond_protocol::TurnClock;
use forebond_types::Domain;

use super::{
    culprit::{Around, Held},
    hands::Hands,
    scratch::Beginning,
    stage::{Misdeeds, Suspect},
};
use crate::{config::DevnetConfig, opening::Opened, rpc::Rpc, watch::Registries};

/// A devnet, as far as misdeeds need it.
pub(crate) struct Scene<'a> {
    pub(crate) config: &'a DevnetConfig,
    pub(crate) opened: &'a Opened,
    pub(crate) l1: ExecutionClient,
    pub(crate) l1_rpc: Rpc,
    /// Proofs that the L1's pool wants with blobs.
    pub(crate) form: SidecarForm,
    pub(crate) clock: TurnClock,
    pub(crate) watchers: Vec<Rpc>,
    /// What users hold.
    pub(crate) held: Held,
}

impl Misdeeds {
    /// Those that the configuration asks for.
    pub(crate) fn of(scene: &Scene<'_>) -> Result<Self> {
        let (hands, orders) = Hands::new();
        // The first proof of a blob loads the trusted setup, which takes seconds that a window may not have.
        std::thread::spawn(warm_up);
        let opened = scene.opened;
        let inbox = opened.contract("Inbox")?;
        let around = Around {
            l1: scene.l1.clone(),
            l1_rpc: scene.l1_rpc.clone(),
            inbox,
            clock: scene.clock,
            beginning: Beginning {
                genesis: opened.genesis.clone(),
                origin: opened.origin,
                domain: Domain {
                    l1_chain_id: opened.l1.chain_id,
                    inbox,
                },
                l1: opened.l1.clone(),
            },
            purse: opened.cast.purse.clone(),
            form: scene.form,
            watchers: scene.watchers.clone(),
            held: scene.held.clone(),
            hands,
            folder: scene.config.data_dir.clone(),
        };
        let gateways = opened.cast.gateways.iter().zip(&opened.gateway_ids);
        let suspects = gateways
            .zip(0u16..)
            .map(|((cast, id), place)| {
                let port = scene.config.ports.gateways.saturating_add(place);
                let url = format!("http://127.0.0.1:{port}");
                Ok(Suspect {
                    id: *id,
                    cast: cast.clone(),
                    rpc: Rpc::new(&url)?,
                    url,
                })
            })
            .collect::<Result<_>>()?;
        let places = Registries {
            lookahead: opened.contract("Lookahead")?,
            validators: opened.contract("ValidatorRegistry")?,
            slots_per_epoch: scene.clock.slots.slots_per_epoch,
        };
        Ok(Self::new(
            around,
            places,
            suspects,
            &scene.config.misdeeds,
            orders,
        ))
    }
}
