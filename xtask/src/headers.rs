//! The headers of the local server: those that a host should send with the page, because `index.html` cannot set them,
//! and content types.

use std::path::Path;

/// Names and values. `docs/hosting.md` lists the same.
pub(crate) const HEADERS: [(&str, &str); 5] = [
    // No other page can put this one into a frame and make the reader click in it.
    ("Content-Security-Policy", "frame-ancestors 'none'"),
    // A page that opens this one in a window has no access to the window.
    ("Cross-Origin-Opener-Policy", "same-origin"),
    // A file never runs as a type that its name does not have.
    ("X-Content-Type-Options", "nosniff"),
    // A host of models or results does not see which page asks.
    ("Referrer-Policy", "no-referrer"),
    // Devices that the page never uses.
    (
        "Permissions-Policy",
        "camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];

/// The content type for a file's extension. A browser compiles wasm during the download only with the right type.
pub(crate) fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "jsonl" => "application/x-ndjson",
        "md" => "text/markdown; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_for_hosts_lists_the_headers() {
        let path = crate::root().join("docs").join("hosting.md");
        let document = std::fs::read_to_string(path).unwrap();
        for (name, value) in HEADERS {
            assert!(document.contains(&format!("{name}: {value}\n")), "{name}: {value}");
        }
    }

    #[test]
    fn names_the_types_that_browsers_insist_on() {
        assert_eq!(mime(Path::new("a_bg.wasm")), "application/wasm");
        assert_eq!(mime(Path::new("a.js")), "text/javascript; charset=utf-8");
    }
}
