//! The committed prost code is what the `.proto` files give. `TAPELINE_GEN=1 cargo test --test
//! generated_code` writes it anew (`just gen` does).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test reports"
)]

use std::fs;
use std::path::{Path, PathBuf};

const FILE: &str = "tapeline.market.v1.rs";

#[test]
fn generated_code_is_current() {
    let fresh = generate();
    let committed_path = root().join("rust_core/src/wire/generated").join(FILE);
    if std::env::var_os("TAPELINE_GEN").is_some() {
        fs::write(&committed_path, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&committed_path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is stale: run `just gen`",
        committed_path.display()
    );
}

/// No protoc: protox compiles the files, prost-build turns the descriptors into Rust.
fn generate() -> String {
    let proto = root().join("proto");
    let mut files: Vec<PathBuf> = fs::read_dir(proto.join("tapeline/market/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "proto"))
        .collect();
    files.sort();
    let descriptors = protox::compile(&files, [&proto]).unwrap();
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prost-{}", std::process::id()));
    fs::create_dir_all(&out).unwrap();
    prost_build::Config::new()
        // Sorted maps: the same message has the same bytes in every run.
        .btree_map(["."])
        .out_dir(&out)
        .compile_fds(descriptors)
        .unwrap();
    let code = fs::read_to_string(out.join(FILE)).unwrap();
    fs::remove_dir_all(&out).unwrap();
    code
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
