//! A counter in a page's localStorage that several Rust tasks count up, and a typed value beside it.
//!
//! `cargo build --target wasm32-unknown-unknown --no-default-features --features web --example browser_counter`

mod page {
    use std::sync::Arc;

    use durastate::backends::host::Host;
    use durastate::backends::web_storage::WebStorage;
    use durastate::error::Result;
    use durastate::host::web::{WebClock, from_json, local_storage, to_json};
    use durastate::layers::key_value::KeyValue;

    /// Counts this visit, remembers who came, and tells both.
    pub async fn visit(name: &str) -> Result<(String, Vec<String>)> {
        let host = Host::new(Arc::new(WebStorage::new(local_storage()?)), Arc::new(WebClock));
        let kv = KeyValue::new(Arc::new(host.plain())).prefix("counter:");

        if !kv.has("visits").await? {
            kv.set("visits", "0").await?;
        }
        let add = |text: String| (text.parse::<u64>().unwrap_or(0) + 1).to_string();
        let visits = kv.modify("visits", add).await?.unwrap_or_default();

        let mut names: Vec<String> = match kv.get("names").await? {
            Some(text) => from_json(&text)?,
            None => Vec::new(),
        };
        names.push(name.to_owned());
        kv.set("names", to_json(&names)?).await?;
        Ok((visits, names))
    }
}

pub use page::visit;

fn main() {}
