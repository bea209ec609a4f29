//! How each role is started: the one place that knows their options.

use std::path::PathBuf;

use crate::{
    config::{Gossip, Ports},
    files::Place,
    opening::Opened,
};

/// Option by which a process ends when its standard input does, which is when its parent does.
const DIE_WITH_PARENT: &str = "--die-with-parent";
/// Names of the variables that bring keys.
const COMMITTER_KEY: &str = "FOREBOND_COMMITTER_KEY";
const BATCHER_KEY: &str = "FOREBOND_BATCHER_KEY";
const WATCHER_KEY: &str = "FOREBOND_WATCHER_KEY";
const ATTESTER_KEY: &str = "FOREBOND_ATTESTER_KEY";

/// Where everything is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting<'a> {
    /// The devnet's folder.
    pub(crate) folder: &'a std::path::Path,
    /// The L1's JSON-RPC.
    pub(crate) l1_rpc: &'a str,
    /// Its Beacon API.
    pub(crate) l1_beacon: &'a str,
    /// The gateways.
    pub(crate) gateways: &'a [Place],
    /// The followers.
    pub(crate) followers: &'a [Place],
    /// The watchers.
    pub(crate) watchers: &'a [Place],
    /// How messages travel.
    pub(crate) gossip: Gossip,
    /// Where everything answers that has no [`Place`].
    pub(crate) ports: Ports,
}

/// A process to start.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Launch {
    /// `gateway-1`, `batcher-1`, `follower-1`, ….
    pub(crate) name: String,
    /// After the program's name.
    pub(crate) arguments: Vec<String>,
    /// Keys.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// It prints `READY` when it answers.
    pub(crate) says_ready: bool,
}

/// Without the environment, which holds keys.
impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Launch")
            .field("name", &self.name)
            .field("arguments", &self.arguments)
            .finish_non_exhaustive()
    }
}

/// All processes, in the order they start.
pub(crate) fn launches(setting: &Setting<'_>, opened: &Opened) -> Vec<Launch> {
    let casts = || opened.cast.gateways.iter().zip(setting.gateways);
    let gateways = casts().zip(0..).map(|((cast, place), n)| Launch {
        name: place.name.clone(),
        arguments: [
            common("gateway", setting, &place.name),
            http(place),
            peers(setting, place),
            gossip(setting, place),
            // The guard's record belongs to this chain, which ends with the devnet.
            option(
                "--guard-dir",
                path(setting, &format!("{}-guard", place.name)),
            ),
            metrics(setting, 0, n).unwrap_or_else(|| option("--metrics", "off")),
        ]
        .concat(),
        environment: vec![(COMMITTER_KEY, cast.committer.secret.to_string())],
        says_ready: true,
    });
    let batchers = casts().zip(0..).map(|((cast, place), n)| {
        let name = cast.name.replace("gateway", "batcher");
        let http = setting.ports.batchers.map(|first| on(Ports::nth(first, n)));
        Launch {
            arguments: [
                common("batcher", setting, &name),
                option("--gateway", place.http()),
                http.map_or_else(Vec::new, |address| option("--http", address)),
                metrics(setting, 1, n).unwrap_or_default(),
            ]
            .concat(),
            name,
            environment: vec![
                (COMMITTER_KEY, cast.committer.secret.to_string()),
                (BATCHER_KEY, cast.payer.secret.to_string()),
            ],
            says_ready: false,
        }
    });
    let followers = setting.followers.iter().map(|place| Launch {
        name: place.name.clone(),
        arguments: [
            common("node", setting, &place.name),
            http(place),
            peers(setting, place),
            gossip(setting, place),
        ]
        .concat(),
        environment: Vec::new(),
        says_ready: true,
    });
    let keys = (0..).zip(&opened.cast.watchers);
    let watchers = setting.watchers.iter().zip(keys).map(|(place, (n, key))| {
        let mut environment = vec![(WATCHER_KEY, key.secret.to_string())];
        if n == 0 {
            environment.push((ATTESTER_KEY, opened.cast.attester.secret.to_string()));
        }
        Launch {
            name: place.name.clone(),
            arguments: [
                common("watcher", setting, &place.name),
                http(place),
                peers(setting, place),
                gossip(setting, place),
                metrics(setting, 2, n).unwrap_or_default(),
            ]
            .concat(),
            environment,
            says_ready: true,
        }
    });
    gateways
        .chain(batchers)
        .chain(followers)
        .chain(watchers)
        .collect()
}

fn common(command: &str, setting: &Setting<'_>, name: &str) -> Vec<String> {
    [
        vec![command.to_owned(), DIE_WITH_PARENT.to_owned()],
        option("--rollup", path(setting, "rollup.json")),
        option("--l1-rpc", setting.l1_rpc),
        option("--l1-beacon", setting.l1_beacon),
        option("--data-dir", path(setting, name)),
    ]
    .concat()
}

fn on(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn http(place: &Place) -> Vec<String> {
    option("--http", on(place.port))
}

/// Where figures are served, if they are; see [`Ports::metrics_of`].
fn metrics(setting: &Setting<'_>, role: u32, n: u32) -> Option<Vec<String>> {
    let port = setting.ports.metrics_of(role, n)?;
    Some(option("--metrics", on(port)))
}

/// Frags come from all other gateways.
fn peers(setting: &Setting<'_>, own: &Place) -> Vec<String> {
    setting
        .gateways
        .iter()
        .filter(|place| *place != own)
        .flat_map(|place| option("--peer", place.ws_for_peers()))
        .collect()
}

/// Everybody calls all gateways, so that gossip outlives any one of them: there is no discovery beyond whom one calls.
fn gossip(setting: &Setting<'_>, own: &Place) -> Vec<String> {
    if setting.gossip == Gossip::Off {
        return Vec::new();
    }
    let everyone = setting
        .gateways
        .iter()
        .chain(setting.followers)
        .chain(setting.watchers);
    let own_place = everyone.take_while(|place| *place != own).count();
    let address = |place: usize| {
        let port = usize::from(setting.ports.gossip).saturating_add(place);
        format!("/ip4/127.0.0.1/tcp/{port}")
    };
    let mut options = option("--net", address(own_place));
    for place in (0..setting.gateways.len()).filter(|place| *place != own_place) {
        options.extend(option("--bootnode", address(place)));
    }
    if setting.gossip == Gossip::Only {
        options.push("--no-streams".to_owned());
    }
    options
}

fn option(name: &str, value: impl Into<String>) -> Vec<String> {
    vec![name.to_owned(), value.into()]
}

fn path(setting: &Setting<'_>, name: &str) -> String {
    let path: PathBuf = setting.folder.join(name);
    path.display().to_string()
}
