//! The face for Rust applications where there is no page: it says so, and the rest of it works.
#![cfg(target_arch = "wasm32")]

use durastate::error::Kind;
use durastate::host::Clock;
use durastate::host::web::{WebClock, from_json, local_storage, session_storage, to_json};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
fn a_missing_storage_is_an_error_that_names_it() {
    let missing = local_storage().unwrap_err();
    assert_eq!((missing.kind, &*missing.message), (Kind::Unavailable, "there is no localStorage here"));
    assert_eq!(session_storage().unwrap_err().message, "there is no sessionStorage here");
}

#[wasm_bindgen_test]
fn json_and_the_clock_need_no_page() {
    assert_eq!(to_json(&[1, 2]).unwrap(), "[1,2]");
    assert_eq!(from_json::<Vec<i32>>("[1,2]").unwrap(), [1, 2]);
    assert_eq!(to_json(&f64::NAN).unwrap(), "null", "as serde has it");
    assert!(WebClock.now().millis() > 1.6e12);
}
