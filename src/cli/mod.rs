//! The native command line, one file per subcommand. JSON goes to stdout and messages to stderr. The exit code is 0 for
//! success, 1 for a failure, 2 for wrong usage, and 141 when the reader of stdout closes it early.

// Everything that is printed goes through `out`: these macros panic on a closed pipe, and print control characters.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;

use crate::domain::text::plain::visible;
use crate::engine::load::{Processor, load};
use crate::engine::native::FileSource;
use crate::engine::{LoadedModel, RuntimeError};
use crate::gpu::{Gpu, GpuOptions};
use crate::protocol::{LoadProgress, Math};

pub mod add_ons;
pub mod aggregate;
pub mod asked;
pub mod bench;
pub mod figure;
pub mod files;
pub mod generate;
pub mod inspect;
pub mod judge;
pub mod lab;
pub mod logits;
mod out;
pub mod questions;
pub mod rates;
pub mod self_test;
mod servers;
pub mod tokenize;

/// Why a command failed: the message for stderr and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong and what to do. Empty if there is nobody to tell: stdout was closed.
    pub message: String,
    /// The exit code: 1 for a failure, 2 for wrong usage, 141 for a closed pipe.
    pub code: u8,
}

impl Failure {
    /// A failure (exit code 1): the command could not do what was asked.
    pub fn failed(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// Wrong usage (exit code 2): the command was asked for something that does not exist.
    pub fn usage(message: impl ToString) -> Self {
        Self { message: message.to_string(), code: 2 }
    }

    /// A failure for files that were refused, with a message for each.
    fn refused(messages: &[String]) -> Self {
        // A file's name may hold a line break, and must not start a message of its own.
        let lines: Vec<_> = messages.iter().map(|message| visible(message)).collect();
        Self::failed(lines.join("\naskew: "))
    }

    /// Prints the message to stderr and returns the exit code.
    #[must_use]
    pub fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            out::note(format_args!("askew: {}", self.message));
        }
        ExitCode::from(self.code)
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        Self::failed(error)
    }
}

/// Environment variable that selects a GPU adapter by a part of its name, such as `llvmpipe`.
const ADAPTER_VARIABLE: &str = "ASKEW_ADAPTER";

/// Where a model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DeviceKind {
    /// The best GPU adapter, or the one named by the environment variable `ASKEW_ADAPTER`.
    #[default]
    Gpu,
    /// The CPU; no GPU is needed.
    Cpu,
}

/// Precision of activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MathKind {
    /// 32-bit floats. On the CPU this is the reference implementation.
    #[default]
    Exact,
    /// Activations rounded to 16-bit integers. On the CPU this uses SIMD.
    Fast,
}

/// Loads a model, then prints its name, device and maths to stderr.
async fn open(path: &Path, device: DeviceKind, math: MathKind) -> Result<LoadedModel, RuntimeError> {
    let math = match math {
        MathKind::Exact => Math::Exact,
        MathKind::Fast => Math::Fast,
    };
    let processor = match device {
        DeviceKind::Cpu if math == Math::Fast => Processor::CPU_FAST,
        DeviceKind::Cpu => Processor::CPU_EXACT,
        DeviceKind::Gpu => {
            let adapter = std::env::var(ADAPTER_VARIABLE).ok();
            let options = GpuOptions { adapter: adapter.as_deref(), ..GpuOptions::default() };
            Processor::Gpu(Gpu::new(options).await?, math)
        }
    };
    let mut source = FileSource::open(path)?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ignore = |_: LoadProgress| std::ops::ControlFlow::Continue(());
    let model = load(&mut source, &name, &processor, ignore).await?;
    out::note(format_args!("{} on {}, {} maths", model.card.name, model.device().adapter, math_name(&model)));
    Ok(model)
}

/// Name of the maths that the model really runs in, which may differ from the flag.
fn math_name(model: &LoadedModel) -> &'static str {
    match model.card.math {
        Math::Exact => "exact",
        Math::Fast => "fast",
    }
}
