//! Fails the build when the crate's wasm-bindgen is not the one this tool was made for:
//! the two speak a private format that changes with every version.

use std::{env, fs, path::Path};

fn main() {
    let own = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).to_owned();
    let crate_lock = own.join("../../../Cargo.lock");
    for lock in [own.join("Cargo.lock"), crate_lock.clone()] {
        println!("cargo::rerun-if-changed={}", lock.display());
    }
    let ours = locked(&own.join("Cargo.lock"), "wasm-bindgen-cli-support");
    let theirs = locked(&crate_lock, "wasm-bindgen");
    if ours != theirs {
        println!(
            "cargo::error=the crate uses wasm-bindgen {theirs} (Cargo.lock), this tool is for {ours}: \
             write \"={theirs}\" in js/build/bindgen/Cargo.toml, then run `cargo update` in that folder"
        );
    }
}

/// The version of `package` that a lock file names.
fn locked(lock: &Path, package: &str) -> String {
    let text = fs::read_to_string(lock).unwrap_or_default();
    let heading = format!("name = \"{package}\"\nversion = \"");
    match text.replace("\r\n", "\n").split_once(&heading) {
        Some((_, rest)) => rest.split('"').next().unwrap_or_default().to_owned(),
        None => "(none)".to_owned(),
    }
}
