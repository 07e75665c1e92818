//! npm's packages in the cache: wasm-opt, the accessibility rules, and what the benchmarks compare with.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::Failure;
use crate::command::{find, run};
use crate::pins::{AXE, BINARYEN, DUCKDB, NpmPackage, WLLAMA};
use crate::setup::{cache, say};

impl NpmPackage {
    /// The folder of npm's packages. It may not exist yet.
    fn modules(&self) -> Result<PathBuf, Failure> {
        Ok(cache()?.join(self.folder).join("node_modules"))
    }

    /// Whether the cache contains the pinned version.
    fn is_installed(&self) -> bool {
        let manifest = self.modules().map(|modules| modules.join(self.name).join("package.json"));
        let manifest = manifest.and_then(|path| Ok(std::fs::read_to_string(path)?));
        manifest.is_ok_and(|text| text.contains(&format!("\"version\": \"{}\"", self.version)))
    }

    /// Installs the package into the cache, unless it is there, and returns the folder of npm's packages.
    ///
    /// # Errors
    /// If npm is absent or fails, a file has another sum, or the cache cannot be written.
    fn install(&self) -> Result<PathBuf, Failure> {
        let modules = self.modules()?;
        if self.is_installed() {
            return Ok(modules);
        }
        let npm = find("npm").ok_or("npm is absent")?;
        say(&format!("installing npm {}@{}", self.name, self.version));
        let target = cache()?.join(self.folder);
        let part = cache()?.join(format!("{}-{}.part", self.folder, std::process::id()));
        let result = self.fill(&npm, &part).and_then(|()| {
            if target.exists() {
                std::fs::remove_dir_all(&target)?;
            }
            Ok(std::fs::rename(&part, &target)?)
        });
        if part.exists() {
            std::fs::remove_dir_all(&part)?;
        }
        result.map(|()| modules)
    }

    /// Installs the package into a new folder. `npm ci` takes exactly what the lockfile names.
    fn fill(&self, npm: &Path, folder: &Path) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)?;
        std::fs::write(folder.join("package.json"), self.manifest())?;
        std::fs::write(folder.join("package-lock.json"), self.lock)?;
        let mut install = Command::new(npm);
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]);
        run(install.arg(folder))
    }

    /// The `package.json` that belongs to the lockfile.
    fn manifest(&self) -> String {
        json!({ "dependencies": { self.name: self.version } }).to_string()
    }
}

/// The folder of wasm-opt. It may not exist yet.
///
/// # Errors
/// If the cache folder is unknown.
pub(crate) fn binaries() -> Result<PathBuf, Failure> {
    Ok(BINARYEN.modules()?.join(".bin"))
}

/// Whether the cache contains the pinned version of wasm-opt.
pub(crate) fn has_wasm_opt() -> bool {
    BINARYEN.is_installed() && binaries().is_ok_and(|folder| folder.join("wasm-opt").exists())
}

/// Installs wasm-opt into the cache. If that fails, Trunk downloads its own.
pub(crate) fn wasm_opt() {
    if let Err(error) = BINARYEN.install() {
        println!("setup: {error}; Trunk will fetch wasm-opt itself");
    }
}

/// Installs wllama, with which the benchmarks compare Askew's speed, into the cache. Returns the folder of its package.
///
/// # Errors
/// If npm is absent or fails.
pub(crate) fn wllama() -> Result<PathBuf, Failure> {
    Ok(WLLAMA.install()?.join(WLLAMA.name))
}

/// Installs DuckDB into the cache and returns its `node_modules`. The benchmarks compare loading and counting with it.
///
/// # Errors
/// If npm is absent or fails.
pub(crate) fn duckdb() -> Result<PathBuf, Failure> {
    DUCKDB.install()
}

/// Installs the accessibility rules into the cache, where the browser's tests look for them. A failure is only printed:
/// the tests report what they lack.
pub(crate) fn axe() {
    if let Err(error) = AXE.install() {
        println!("setup: the accessibility rules are absent: {error}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_package_is_pinned_by_its_sum_and_has_no_script() {
        for package in [BINARYEN, WLLAMA, DUCKDB, AXE] {
            let lock: Value = serde_json::from_str(package.lock).unwrap();
            let manifest: Value = serde_json::from_str(&package.manifest()).unwrap();
            let packages = lock["packages"].as_object().unwrap();
            assert_eq!(packages[""]["dependencies"], manifest["dependencies"], "npm ci compares them");
            assert_eq!(packages[&format!("node_modules/{}", package.name)]["version"], package.version);
            for (name, locked) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                assert!(locked["integrity"].as_str().is_some_and(|sum| sum.starts_with("sha512-")), "{name}");
                // A lockfile with addresses would name one registry.
                assert!(locked.get("resolved").is_none() && locked.get("hasInstallScript").is_none(), "{name}");
            }
        }
    }

    /// A false npm shows what a real one gets.
    #[cfg(unix)]
    #[test]
    fn npm_gets_the_lockfile_and_may_run_no_script() {
        use std::os::unix::fs::PermissionsExt;

        let folder = std::env::temp_dir().join(format!("askew-npm-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let npm = folder.join("npm");
        let script = "#!/bin/sh\nfor last; do :; done\necho \"$@\" > \"$last/asked\"\n";
        std::fs::write(&npm, script).unwrap();
        std::fs::set_permissions(&npm, std::fs::Permissions::from_mode(0o755)).unwrap();
        let part = folder.join("part");
        AXE.fill(&npm, &part).unwrap();
        let read = |name: &str| std::fs::read_to_string(part.join(name)).unwrap();
        assert!(read("asked").starts_with("ci --ignore-scripts "), "{}", read("asked"));
        assert_eq!((read("package-lock.json"), read("package.json")), (AXE.lock.to_owned(), AXE.manifest()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
