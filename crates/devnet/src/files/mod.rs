//! What a devnet writes: `rollup.json` for its processes, `devnet.json` for scripts, and the folders of both.

mod devnet_json;
mod folder;
mod rollup_json;

pub(crate) use devnet_json::{DevnetFile, Place};
pub(crate) use folder::Folder;
pub(crate) use rollup_json::rollup_file;
