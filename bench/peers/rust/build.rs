//! Generates code from `contract.binpb`, a `FileDescriptorSet` that `build-rust.ts` writes.

use std::{error::Error, fs};

use prost::Message;

const CONTRACT: &str = "contract.binpb";
const FILES: [&str; 3] =
    ["rating/v1/rating.proto", "metadata/v1/metadata.proto", "bench/v1/bench.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={CONTRACT}");
    let set = prost_types::FileDescriptorSet::decode(&*fs::read(CONTRACT)?)?;
    tonic_prost_build::configure().build_client(false).compile_fds(set)?;
    connectrpc_build::Config::new()
        .descriptor_set(CONTRACT)
        .files(&FILES)
        .generate_json(true)
        .include_file("connect.rs")
        .compile()?;
    Ok(())
}
