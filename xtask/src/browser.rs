//! Finds the browsers and graphics adapters of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::find_any;

/// A Chromium-like browser: `CHROME`, or the first on PATH.
pub(crate) fn chromium() -> Option<PathBuf> {
    std::env::var_os("CHROME")
        .map(PathBuf::from)
        .filter(|file| file.is_file())
        .or_else(|| find_any(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]))
}

/// The browser's WebDriver: `CHROMEDRIVER`, or the one on PATH.
pub(crate) fn chromedriver() -> Option<PathBuf> {
    std::env::var_os("CHROMEDRIVER")
        .map(PathBuf::from)
        .filter(|file| file.is_file())
        .or_else(|| find_any(&["chromedriver"]))
}

/// A Vulkan adapter in software.
pub(crate) struct SoftwareAdapter {
    /// Its usual name, for messages.
    pub(crate) name: &'static str,
    /// A part of its device's name. Tests request it, so that no other adapter is used instead.
    pub(crate) device: &'static str,
    /// The driver's manifest file.
    pub(crate) manifest: PathBuf,
    /// Tests that take minutes on this adapter and run on it only in `cargo xtask verify`.
    pub(crate) slow_tests: &'static [&'static str],
}

/// SwiftShader compiles shaders many times slower than lavapipe: these four take 25 minutes on two cores, not 5. In the
/// usual tests, the page's self-test runs every kernel on SwiftShader, in Chromium.
const SLOW_ON_SWIFTSHADER: &[&str] = &["engine_model", "gpu_columns", "gpu_fast", "gpu_kernels"];

impl SoftwareAdapter {
    /// Makes a command use only this adapter.
    pub(crate) fn choose<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        println!("-- {} ({})", self.name, self.manifest.display());
        // The loader reads the newer name first.
        command.env("VK_ICD_FILENAMES", &self.manifest).env("VK_DRIVER_FILES", &self.manifest);
        command.env("ASKEW_ADAPTER", self.device);
        if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
            // Without this variable Vulkan loaders print a warning at every start.
            command.env("XDG_RUNTIME_DIR", std::env::temp_dir());
        }
        command
    }
}

/// The driver's manifest of Mesa's software adapter, if it is installed.
pub(crate) fn lavapipe() -> Option<PathBuf> {
    let folder = std::fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    let mut manifests: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
    manifests.sort();
    manifests
        .into_iter()
        .find(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("lvp_icd")))
}

/// The software adapters for tests: Mesa's and the one that comes with Chromium. For a missing one, the package to
/// install.
pub(crate) fn software_adapters() -> [Result<SoftwareAdapter, &'static str>; 2] {
    let swiftshader = Path::new("/usr/lib/chromium/vk_swiftshader_icd.json");
    let lavapipe =
        lavapipe().map(|manifest| SoftwareAdapter { name: "lavapipe", device: "llvmpipe", manifest, slow_tests: &[] });
    let swiftshader = swiftshader.is_file().then(|| SoftwareAdapter {
        name: "SwiftShader",
        device: "SwiftShader",
        manifest: swiftshader.to_path_buf(),
        slow_tests: SLOW_ON_SWIFTSHADER,
    });
    [
        lavapipe.ok_or("gpu: no lavapipe adapter: install mesa-vulkan-drivers"),
        swiftshader.ok_or("gpu: no SwiftShader adapter: install chromium"),
    ]
}

/// Whether the system has a shared library.
pub(crate) fn has_library(name: &str) -> bool {
    let architecture = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    [architecture.as_str(), "/usr/lib", "/usr/lib64"].into_iter().any(|folder| Path::new(folder).join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::Targets;

    #[test]
    fn the_slow_tests_exist() {
        let gpu = Targets::of(&crate::root()).unwrap().gpu;
        assert!(SLOW_ON_SWIFTSHADER.iter().all(|slow| gpu.iter().any(|name| name == slow)), "{gpu:?}");
    }
}
