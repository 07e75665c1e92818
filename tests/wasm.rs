//! The domain in a browser: wasm computes the same numbers as the native build.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

mod numbers;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn numbers_are_the_native_ones() {
    let found = numbers::lines();
    assert!(found.lines().count() > 100, "{found}");
    assert_eq!(numbers::difference(&found), None);
}
