//! Reads the files that are loaded with a model: adapters and steering vectors.

use super::card::narrow;
use super::host::{Host, Interruptible};
use super::load::Beside;
use super::{ByteSource, Ending, RuntimeError};
use askew_model::{Adapter, Config, Steering};
use askew_protocol::Sha256Sum;
use askew_protocol::{SideFile, SideKind, Source};

/// Reads the files of adapters and steering vectors.
pub(super) async fn read_sides<H: Host>(
    host: &H,
    columns: u32,
    sides: &[SideFile],
    config: &Config,
    mut files: impl Iterator<Item = H::Attachment>,
) -> Result<Beside, RuntimeError> {
    let mut beside = Beside { columns: columns as usize, ..Beside::default() };
    for SideFile { name, kind, source, sha256, layers, modules } in sides {
        if matches!(kind, SideKind::Contrast(_)) {
            continue;
        }
        let mut attached = || if *source == Source::Disk { files.next() } else { None };
        let weights = read_file(host, (source, *sha256), name, attached()).await?;
        let adapter = match kind {
            SideKind::Adapter => Adapter::from_gguf(name, &weights, config)?,
            SideKind::PeftAdapter => {
                let json = read_file(host, (&source.beside("adapter_config.json"), None), name, attached()).await?;
                Adapter::from_peft(name, &json, &weights, config)?
            }
            SideKind::Steering | SideKind::Contrast(_) => {
                beside.steerings.push(only(layers, Steering::from_bytes(name, &weights, config)?));
                continue;
            }
        };
        beside.adapters.push(adapter.only(layers, modules)?);
    }
    Ok(beside)
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
