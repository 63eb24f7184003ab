//! Layers are what users came for; none knows a backend by name.

pub mod key_value;
