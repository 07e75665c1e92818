//! Build tools that their projects publish as binaries: downloaded with curl, compared with a pinned SHA-256, unpacked.
//!
//! If a download fails, it is not an error: cargo builds the tool instead. If a file has another SHA-256, the command
//! stops with an error and does not use the file.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use flate2::bufread::{DeflateDecoder, GzDecoder};
use rawzip::{CompressionMethod, ZipArchive};

use crate::Failure;
use crate::curl::{Client, Download, NO_CURL};
use crate::pins::{Archive, CargoTool, MAX_TOOL_BYTES};

impl CargoTool {
    /// The published file for an operating system and a processor, if its SHA-256 is pinned for the tool's version.
    fn archive(&self, os: &str, arch: &str) -> Option<&'static Archive> {
        let archives = if self.release.version == self.version { self.release.archives } else { &[] };
        archives.iter().find(|archive| archive.os == os && archive.arch == arch)
    }

    /// The published file for this machine.
    pub(crate) fn archive_here(&self) -> Option<&'static Archive> {
        self.archive(std::env::consts::OS, std::env::consts::ARCH)
    }

    /// Downloads a published file and unpacks the tool's binaries into `folder`. Returns the reason if the file could
    /// not be downloaded.
    ///
    /// # Errors
    /// If the file has another SHA-256 or lacks a binary, or if the folder cannot be written.
    pub(crate) fn download(&self, archive: &Archive, folder: &Path) -> Result<Option<String>, Failure> {
        let Some(client) = Client::new() else { return Ok(Some(NO_CURL.to_owned())) };
        std::fs::create_dir_all(folder)?;
        let url = self.release.url.replace("{version}", self.version).replace("{file}", archive.file);
        match client.download(&url, archive.sha256)? {
            Download::Unavailable(reason) => Ok(Some(reason)),
            Download::Whole(bytes) => unpack(archive.file, &bytes, self.binaries, folder).map(|()| None),
        }
    }
}

/// Unpacks the named binaries, from any folder of the archive, into `folder`.
fn unpack(name: &str, bytes: &[u8], binaries: &[&str], folder: &Path) -> Result<(), Failure> {
    let wanted: Vec<String> = binaries.iter().map(|name| format!("{name}{}", std::env::consts::EXE_SUFFIX)).collect();
    let mut found = Vec::new();
    let mut take = |path: &Path, content: &mut dyn Read| -> Result<(), Failure> {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if wanted.iter().any(|name| name == file) && !found.iter().any(|name| name == file) {
            write_program(&folder.join(file), content)?;
            found.push(file.to_owned());
        }
        Ok(())
    };
    if Path::new(name).extension().is_some_and(|ending| ending == "zip") {
        each_in_zip(bytes, &mut take)?;
    } else {
        for entry in tar::Archive::new(GzDecoder::new(bytes)).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let path = entry.path()?.into_owned();
                take(&path, &mut entry)?;
            }
        }
    }
    match wanted.iter().find(|name| !found.contains(name)) {
        None => Ok(()),
        Some(missing) => Err(format!("{name} does not hold {missing}").into()),
    }
}

/// Calls `take` with the path and the unpacked bytes of each file in a zip archive. Their CRC-32 is checked.
fn each_in_zip(bytes: &[u8], take: &mut dyn FnMut(&Path, &mut dyn Read) -> Result<(), Failure>) -> Result<(), Failure> {
    let archive = ZipArchive::from_slice(bytes)?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry()? {
        if entry.is_dir() {
            continue;
        }
        let path = entry.file_path().try_normalize()?.as_ref().to_owned();
        let content = archive.get_entry(entry.wayfinder())?;
        match entry.compression_method() {
            CompressionMethod::STORE => take(Path::new(&path), &mut content.verifying_reader(content.data()))?,
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(Cursor::new(content.data()));
                take(Path::new(&path), &mut content.verifying_reader(inflated))?;
            }
            other => return Err(format!("{path} is compressed with an unsupported method ({other:?})").into()),
        }
    }
    Ok(())
}

/// Writes an executable file of less than [`MAX_TOOL_BYTES`] bytes. The file must not exist yet.
fn write_program(path: &Path, content: &mut dyn Read) -> Result<(), Failure> {
    let mut file = File::create_new(path)?;
    let written = std::io::copy(&mut content.take(MAX_TOOL_BYTES), &mut file)?;
    if written == MAX_TOOL_BYTES {
        return Err(format!("{} is too large: it has {MAX_TOOL_BYTES} bytes or more", path.display()).into());
    }
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::PathBuf;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;
    use crate::pins::{CARGO_DENY, TRUNK, WASM_BINDGEN};

    const PROGRAM: &[u8] = b"#!/bin/sh\necho tool 1.2.3\n";

    fn tar_gz(path: &str) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in [("tool-1.2.3/README.md", &b"words"[..]), (path, PROGRAM)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn zip(path: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        let file = archive.new_file(path).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(PROGRAM).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap();
        bytes
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("askew-prebuilt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn file(name: &str) -> String {
        format!("{name}{}", std::env::consts::EXE_SUFFIX)
    }

    #[test]
    fn programs_are_unpacked_from_both_kinds_of_archives() {
        let path = format!("tool-1.2.3/{}", file("tool"));
        for (name, bytes) in [("tool.tar.gz", tar_gz(&path)), ("tool.zip", zip(&path))] {
            let folder = folder(name);
            unpack(name, &bytes, &["tool"], &folder).unwrap();
            let program = folder.join(file("tool"));
            assert_eq!(std::fs::read(&program).unwrap(), PROGRAM);
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is unpacked");
            #[cfg(unix)]
            assert_eq!(crate::command::output(&program, &[]).as_deref(), Some("tool 1.2.3\n"));
            let error = unpack(name, &bytes, &["other"], &folder).unwrap_err().to_string();
            assert!(error.contains("other"), "{error}");
            assert!(unpack(name, &bytes[..bytes.len() / 2], &["tool"], &folder).is_err(), "a damaged archive");
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn sums_belong_to_one_version_and_look_like_sums() {
        for tool in [&TRUNK, &WASM_BINDGEN, &CARGO_DENY] {
            for archive in tool.release.archives {
                let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                assert!(archive.sha256.len() == 64 && archive.sha256.chars().all(is_hex), "{}", archive.file);
                assert!([".tar.gz", ".zip"].iter().any(|ending| archive.file.ends_with(ending)), "{}", archive.file);
                let found = tool.archive(archive.os, archive.arch).map(|found| found.file);
                assert_eq!(found, (tool.release.version == tool.version).then_some(archive.file));
            }
            assert!(tool.archive("plan9", "x86_64").is_none());
            assert!(tool.release.url.starts_with("https://") && tool.release.url.ends_with("/{file}"));
        }
        let other = CargoTool { version: "0.0.0", ..TRUNK };
        assert!(other.archive("linux", "x86_64").is_none(), "another version is built");
    }
}
