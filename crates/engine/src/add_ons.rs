//! Reads the files that are loaded with a model: adapters and steering vectors.

use super::card::narrow;
use super::host::{Host, Interruptible};
use super::load::AddOns;
use super::{ByteSource, Ending, RuntimeError};
use askew_model::{Adapter, Config, Steering};
use askew_protocol::{AddOnFile, AddOnKind, Sha256Sum, Source};

/// Reads the files of adapters and steering vectors.
pub(super) async fn read_add_ons<H: Host>(
    host: &H,
    columns: u32,
    files: &[AddOnFile],
    config: &Config,
    mut attachments: impl Iterator<Item = H::Attachment>,
) -> Result<AddOns, RuntimeError> {
    let mut add_ons = AddOns { columns: columns as usize, ..AddOns::default() };
    for AddOnFile { name, kind, source, sha256, layers, modules } in files {
        if matches!(kind, AddOnKind::Contrast(_)) {
            continue;
        }
        let mut attached = || if *source == Source::Disk { attachments.next() } else { None };
        let weights = read_file(host, (source, *sha256), name, attached()).await?;
        let adapter = match kind {
            AddOnKind::Adapter => Adapter::from_gguf(name, &weights, config)?,
            AddOnKind::PeftAdapter => {
                let json = read_file(host, (&source.sibling("adapter_config.json"), None), name, attached()).await?;
                Adapter::from_peft(name, &json, &weights, config)?
            }
            AddOnKind::Steering | AddOnKind::Contrast(_) => {
                add_ons.steerings.push(only(layers, Steering::from_bytes(name, &weights, config)?));
                continue;
            }
        };
        add_ons.adapters.push(adapter.only(layers, modules)?);
    }
    Ok(add_ons)
}

/// Restricts steering vectors to the given layers. An empty list means all layers.
pub(super) fn only(layers: &[u32], mut steering: Steering) -> Steering {
    for (index, vector) in steering.layers.iter_mut().enumerate() {
        if !layers.is_empty() && !layers.contains(&narrow(index)) {
            *vector = None;
        }
    }
    steering
}

/// Reads an adapter's file whole, from the command's attachment or from an address. Such files are small compared with
/// models.
async fn read_file<H: Host>(
    host: &H,
    (source, sha256): (&Source, Option<Sha256Sum>),
    name: &str,
    file: Option<H::Attachment>,
) -> Result<Vec<u8>, RuntimeError> {
    let mut source = Interruptible { host, source: host.open(source, name, (false, sha256), file).await? };
    let mut bytes = Vec::new();
    while let Some(chunk) = source.next_chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    source.close(Ending::Loaded).await?;
    Ok(bytes)
}
