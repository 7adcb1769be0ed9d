"""The cleaning pipeline: a façade over the Rust core."""
