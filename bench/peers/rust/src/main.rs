//! The peers in Rust:
//!
//!     peer tonic --response FILE      metadata and bench by tonic
//!     peer connect --response FILE    the same by connect-rust
//!
//! GetMetadata responds from a map that holds the movie in FILE, a GetMetadataResponse in binary.
//! `build-rust.ts` writes the contract from which build.rs generates the messages and services.

use std::{env, error::Error};

mod by_connect;
mod by_tonic;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (library, response) = match args[..] {
        [library] => (library, Vec::new()),
        [library, "--response", file] => (library, std::fs::read(file)?),
        _ => return Err("usage: peer tonic|connect [--response FILE]".into()),
    };
    match library {
        "tonic" => by_tonic::serve(&response).await,
        "connect" => by_connect::serve(&response).await,
        _ => Err(format!("unknown peer {library}: choose tonic or connect").into()),
    }
}

/// The record id of an item: the same as in items.ts.
fn record_id(index: i32) -> String {
    format!("movie-{index}")
}
