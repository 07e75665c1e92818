//! `askew self-test`: compares this device's kernels, or a model's logits, with the CPU reference.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::{ADAPTER_VARIABLE, Failure, out};
use crate::engine::native::FileSource;
use crate::engine::self_test;
use crate::engine::self_test::Shell;
use crate::gpu::GpuOptions;
use crate::protocol::self_test::SelfTestEvent;

/// Arguments of `askew self-test`.
#[derive(Debug, clap::Args)]
pub struct SelfTestArgs {
    /// A GGUF model to run on the GPU and on the CPU, instead of testing the kernels.
    model: Option<PathBuf>,
}

/// Prints every check; fails if one of them fails.
///
/// # Errors
/// When the checks cannot run, or with the number of failed checks.
pub fn run(args: &SelfTestArgs) -> Result<(), Failure> {
    let start = Instant::now();
    let (device, checks, num_failed) = (RefCell::new(Value::Null), RefCell::new(Vec::new()), Cell::new(0));
    let emit = |event: SelfTestEvent| match event {
        SelfTestEvent::Device(found) => {
            out::note(format_args!("on {} ({})", found.adapter, found.backend));
            device.replace(json!({ "adapter": found.adapter, "backend": found.backend }));
        }
        SelfTestEvent::Doing(what) => out::note(what),
        SelfTestEvent::Checked(check) => {
            num_failed.set(num_failed.get() + usize::from(!check.holds));
            if !check.holds {
                out::note(format_args!(
                    "failed: {} (error {:.1e}, limit {:.1e}) {}",
                    check.name, check.error, check.limit, check.note
                ));
            }
            checks.borrow_mut().push(json!(check));
        }
        SelfTestEvent::Done | SelfTestEvent::Failed(_) => {}
    };
    let shell = Shell { now_ms: &|| start.elapsed().as_secs_f64() * 1e3, emit: &emit };
    let adapter = std::env::var(ADAPTER_VARIABLE).ok();
    let options = GpuOptions { adapter: adapter.as_deref(), ..GpuOptions::default() };
    pollster::block_on(async {
        match &args.model {
            None => self_test::kernels(options, shell).await,
            Some(path) => {
                let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                self_test::model(options, async || FileSource::open(path), &name, shell).await
            }
        }
    })?;
    let num_checks = checks.borrow().len();
    out::json(&json!({ "device": device.take(), "checks": checks.take(), "failed": num_failed.get() }))?;
    match num_failed.get() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of {num_checks} checks failed"))),
    }
}
