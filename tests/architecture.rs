//! Keeps the plan of the house true: bindings → layers → contract ← backends → host, and the same names everywhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, as paths from the root of the repository.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap_or_else(|_| panic!("there is no folder {folder}")) {
        let path = entry.unwrap().path();
        let path = path.strip_prefix(root()).unwrap().to_owned();
        match root().join(&path).is_dir() {
            true => found.extend(files(path.to_str().unwrap())),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|_| panic!("{} is no text", path.display()))
}

/// The code of a Rust file without its comments and its tests.
fn code(path: &Path) -> String {
    let text = text(path);
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn rust(folder: &str) -> Vec<PathBuf> {
    files(folder).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The part of the house that a file of src belongs to.
fn part(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// Which parts nobody of this part may name.
fn forbidden(part: &str) -> &'static [&'static str] {
    match part {
        "lib" => &[],
        "bindings" => &[],
        "layers" => &["backends", "bindings"],
        "backends" => &["layers", "bindings"],
        _ => &["backends", "layers", "bindings"],
    }
}

#[test]
fn the_arrows_hold() {
    for path in rust("src") {
        let (part, code) = (part(&path), code(&path));
        for other in forbidden(&part) {
            let names = [format!("crate::{other}"), format!("super::{other}"), format!("durastate::{other}")];
            let named = names.iter().any(|name| code.contains(name)) || braced(&code, other);
            assert!(!named, "{} is one of {part} and names {other}", path.display());
        }
    }
}

/// Whether a part is named as in `use crate::{error, backends}`.
fn braced(code: &str, part: &str) -> bool {
    code.split("crate::{").skip(1).any(|rest| {
        let names = rest.split("};").next().unwrap_or_default();
        names.split(|sign: char| !sign.is_alphanumeric() && sign != '_').any(|name| name == part)
    })
}

#[test]
fn what_the_target_is_matters_only_at_home() {
    let homes = |path: &Path| ["future", "number", "bindings"].contains(&&*part(path));
    for path in rust("src").into_iter().filter(|path| !homes(path)) {
        for word in ["target_arch", "target_family", "target_os"] {
            assert!(!code(&path).contains(word), "{} asks for {word}", path.display());
        }
    }
}

#[test]
fn a_layer_has_its_five_files_and_they_have_their_layer() {
    let stems = |folder: &str, extension: &str| -> BTreeSet<String> {
        let depth = Path::new(folder).iter().count() + 1;
        let direct = files(folder).into_iter().filter(|path| path.iter().count() == depth);
        let right = direct.filter(|path| path.extension().is_some_and(|found| found == extension));
        right.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let without = |mut stems: BTreeSet<String>, others: &[&str]| {
        stems.retain(|stem| !others.contains(&stem.as_str()));
        stems
    };
    let layers = stems("src/layers", "rs");
    assert!(!layers.is_empty());
    assert_eq!(without(stems("wit", "wit"), &["world", "types", "host"]), layers, "wit/");
    assert_eq!(stems("js/layers", "ts"), layers, "js/layers/");
    assert_eq!(
        without(stems("tests/contract", "rs"), &["mod", "store", "jobs", "results", "expiry"]),
        layers,
        "tests/contract/"
    );
    let guides = stems("www/guide", "md");
    assert!(guides.is_superset(&layers), "www/guide/ has {guides:?}, but the layers are {layers:?}");
    for twin in ["src/host.rs", "wit/host.wit", "js/hosts"] {
        assert!(root().join(twin).exists(), "{twin} is missing");
    }
}

#[test]
fn every_file_opens_with_what_it_is_for_and_stays_small() {
    for path in rust("src").into_iter().chain(rust("tests")) {
        let text = text(&path);
        let opens = text.starts_with("//!");
        assert!(opens, "{} does not say what it is for", path.display());
        assert!(text.lines().count() <= 420, "{} is long", path.display());
        for word in ["util", "common", "manager", "helper"] {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(!name.contains(word), "{} has a name that says nothing", path.display());
        }
    }
}

#[test]
fn the_wit_files_are_one_package_that_reads() {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let package = &resolve.packages[package];
    assert_eq!(package.name.to_string(), concat!("durastate:layers@", env!("CARGO_PKG_VERSION")));
    for (name, interface) in &package.interfaces {
        let interface = &resolve.interfaces[*interface];
        assert!(interface.docs.contents.is_some(), "{name} does not say what it is for");
        for (function, details) in &interface.functions {
            let told = details.docs.contents.is_some();
            assert!(told, "{name}.{function} does not say what it does");
        }
    }
}
