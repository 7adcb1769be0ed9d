//! Types of `tapeline.market.v1`, made from `proto/` by `just gen`. Only `tapeline.market.v1.rs` is generated.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    reason = "generated code is not styled by hand; the .proto files are documented"
)]

include!("tapeline.market.v1.rs");
