//! Lets kona read what we post, and us what kona writes. `README.md` has the three commands.

mod attributes;
mod fixtures;
mod kona;
mod table;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("check") => {
            kona::check_random_batches();
            kona::check_frames_by_kona();
            attributes::check_blocks();
            attributes::check_portal_deposits();
            fixtures::check();
            println!("kona agrees");
        }
        Some("write") => fixtures::write(),
        Some("table") => table::print(),
        other => {
            eprintln!("check, write or table, got {other:?}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
