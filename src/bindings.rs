//! Bindings carry the layers over a border: translation, and nothing that decides.

pub mod javascript;

#[cfg(all(target_arch = "wasm32", feature = "javascript", feature = "browser"))]
compile_error!("a module has one binding: take the feature `javascript` or the feature `browser`");
