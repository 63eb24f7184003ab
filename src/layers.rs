//! Layers are what users came for; none knows a backend by name.

pub mod cache;
pub mod key_value;
pub mod persistence;
