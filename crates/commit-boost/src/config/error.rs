use std::path::PathBuf;

use crate::SecretFileError;

/// Why a module cannot start. Each says what to change; none contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(
        "the environment variable {name} is not set; set it to {what} (`commit-boost init` writes it)"
    )]
    NotSet {
        /// The variable.
        name: &'static str,
        /// What it should hold.
        what: &'static str,
    },
    /// A variable holds something else.
    #[error("the environment variable {name} should hold {expected}, {got}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What it should hold.
        expected: &'static str,
        /// What is wrong with it.
        got: String,
    },
    /// Two sources of one secret.
    #[error("both CB_SIGNER_JWT and CB_SIGNER_JWT_FILE are set; unset one of them")]
    TwoSecrets,
    /// The file of the secret.
    #[error("CB_SIGNER_JWT_FILE: {0}")]
    SecretFile(#[from] SecretFileError),
    /// The TOML cannot be read.
    #[error("cannot read {path} (CB_CONFIG): {reason}; mount the file, or correct the path")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The TOML does not parse.
    #[error("{path} (CB_CONFIG): {reason}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        reason: String,
    },
    /// A table that Commit-Boost's own processes insist on.
    #[error("{path} has no {what}: Commit-Boost's own processes refuse the file; add `{add}`")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What is not there.
        what: &'static str,
        /// The remedy.
        add: &'static str,
    },
    /// No `[[modules]]` at all: the signer ends with code 0 and says nothing.
    #[error(
        "{path} lists no modules: the signer would end at once, without an error; add a [[modules]] table with id = {id:?}"
    )]
    NoModules {
        /// The file.
        path: PathBuf,
        /// CB_MODULE_ID.
        id: String,
    },
    /// Our table is not there.
    #[error("{path} has no [[modules]] table with id = {id:?} (CB_MODULE_ID); there are: {known}")]
    UnknownModule {
        /// The file.
        path: PathBuf,
        /// CB_MODULE_ID.
        id: String,
        /// The ids of the file.
        known: String,
    },
    /// Two tables with one id.
    #[error(
        "{path} has two [[modules]] tables with id = {id:?}; give each module an id of its own"
    )]
    TwiceId {
        /// The file.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// A field of our table.
    #[error("[[modules]] {id:?}: {field}: {problem}")]
    Module {
        /// Our id.
        id: String,
        /// The field.
        field: &'static str,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Two modules share a signing id: either can ask for the other's signatures.
    #[error(
        "[[modules]] {id:?} and {other:?} have the same signing_id; whatever one of them has signed passes for the other's: give each its own"
    )]
    SharedSigningId {
        /// Our id.
        id: String,
        /// The other module.
        other: String,
    },
    /// The chain.
    #[error("chain: {0}")]
    Chain(String),
    /// The signer wants TLS and the URL does not, or the other way round.
    #[error(
        "[signer.tls_mode] is {mode:?} and CB_SIGNER_URL begins with {scheme}://; make both say the same"
    )]
    Tls {
        /// Of the file.
        mode: String,
        /// Of the URL.
        scheme: String,
    },
    /// The certificate to trust.
    #[error("{path}: {reason}; CB_SIGNER_TLS_CERTIFICATES names the directory that holds cert.pem")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What may well go wrong, but cannot be known from here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The default host is reachable from the signer's own container only.
    #[error(
        "[signer] host is {host:?}, and we are to reach the signer at {url_host:?}: unless CB_SIGNER_ENDPOINT is set for the signer, it hears nobody outside its container; set host = \"0.0.0.0\""
    )]
    SignerListensToItself {
        /// `signer.host`.
        host: String,
        /// Host of CB_SIGNER_URL.
        url_host: String,
    },
    /// Tokens and answers travel in the open.
    #[error(
        "CB_SIGNER_URL is http and {url_host:?} is another machine: whoever listens can replay tokens for five minutes; set [signer.tls_mode] type = \"certificate\""
    )]
    PlainHttp {
        /// Host of CB_SIGNER_URL.
        url_host: String,
    },
    /// A certificate made by `init` is its own authority.
    #[error(
        "CB_SIGNER_URL is https and CB_SIGNER_TLS_CERTIFICATES is not set: a self-signed certificate will be refused; set it to the directory with cert.pem"
    )]
    NoCertificate,
    /// The processes of Commit-Boost stop at this table.
    #[error(
        "[signer.remote] is set: `commit-boost init` and `commit-boost signer` refuse such a file; it only tells modules a URL, and ours comes from CB_SIGNER_URL"
    )]
    RemoteSigner,
    /// Proxy keys end with the signer's process.
    #[error(
        "[signer.local.store] is not set: proxy keys are gone when the signer restarts; set proxy_dir"
    )]
    ProxiesNotKept,
    /// Commit-Boost's own processes write files there; this one does not.
    #[error(
        "CB_LOGS_DIR is {}, and this process writes no files there: its log goes to standard error; let whatever runs it keep that, or unset the variable",
        path.display()
    )]
    LogsToStandardError {
        /// The directory.
        path: PathBuf,
    },
    /// A path in the URL.
    #[error(
        "CB_SIGNER_URL has the path {path:?}: the proxy there must take it off before the signer, whose tokens name the routes without it"
    )]
    BasePath {
        /// The path.
        path: String,
    },
}
