//! The part of the files worker that unpacks archives and Parquet, downloaded when the first such file is opened.

/// Unpacks a file; see `askew::web::unpack_part`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn unpack(name: &str, file: &web_sys::Blob, take: &js_sys::Function) -> js_sys::Uint8Array {
    askew::web::unpack_part::unpack(name, file, take)
}

fn main() {}
