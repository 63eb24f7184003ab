//! Bindings carry the layers over a border: translation, and nothing that decides.

pub mod javascript;
