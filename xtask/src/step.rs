//! The steps of the tests, and the selection of steps on the command line.

use std::fmt::{Display, Formatter};

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

/// Which tests run, by how long they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// The tests for every change.
    Usual,
    /// Also tests that take too long for every change: those marked `#[ignore]`, and the steps after [`Step::Browser`].
    Long,
}

/// A step of the tests. They run in this order, so that quick steps fail first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Step {
    Lint,
    Native,
    Gpu,
    Wasm,
    Build,
    Browser,
    /// Licences, sources and advisories of the crates.
    Deny,
    /// A second build of the app, compared byte by byte.
    Repeat,
    /// Tokens of the fixtures compared with llama.cpp's.
    Tokens,
    /// Chats of the fixtures compared with transformers', and templates of well-known models.
    Chats,
    /// Adapters and steering vectors compared with PEFT and llama.cpp.
    Adapters,
    /// Training of an adapter, and the experiment that shows its effect.
    Trained,
    /// Logits and greedy text compared with llama.cpp's, on the CPU and on every software adapter.
    Engines,
    /// A million damaged files.
    Fuzz,
    /// Speeds, also of other engines.
    Bench,
}

impl Step {
    /// The last step of [`Tier::Usual`].
    const LAST_USUAL: Self = Self::Browser;

    /// The steps of a tier, in order.
    pub(crate) fn of(tier: Tier) -> Vec<Self> {
        let is_in = |step: &Self| tier == Tier::Long || *step <= Self::LAST_USUAL;
        Self::value_variants().iter().copied().filter(is_in).collect()
    }
}

/// The step's name on the command line and in the final table.
impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.pad(self.to_possible_value().as_ref().map_or("", PossibleValue::get_name))
    }
}

/// The steps selected on the command line.
#[derive(Debug, Default, Args)]
pub(crate) struct Selection {
    /// Runs only these steps.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    only: Vec<Step>,
    /// Skips these steps.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    skip: Vec<Step>,
}

impl Selection {
    /// The selected steps of a tier, in order.
    ///
    /// # Errors
    /// When a named step is not in the tier.
    pub(crate) fn steps(&self, tier: Tier) -> Result<Vec<Step>, String> {
        let mut steps = Step::of(tier);
        if let Some(step) = self.only.iter().chain(&self.skip).find(|step| !steps.contains(step)) {
            return Err(format!("the step `{step}` belongs to `cargo xtask verify`"));
        }
        steps.retain(|step| (self.only.is_empty() || self.only.contains(step)) && !self.skip.contains(step));
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names() {
        assert_eq!(Step::Lint.to_string(), "lint");
        assert_eq!(format!("{:<8}|", Step::Gpu), "gpu     |");
        for step in Step::value_variants() {
            assert_eq!(Step::from_str(&step.to_string(), false).as_ref(), Ok(step));
        }
        assert!(Step::from_str("all", false).is_err());
    }

    #[test]
    fn steps_are_chosen_and_left_out() {
        let only = |steps: &[Step]| Selection { only: steps.to_vec(), skip: Vec::new() };
        let skip = |steps: &[Step]| Selection { only: Vec::new(), skip: steps.to_vec() };
        let usual = [Step::Lint, Step::Native, Step::Gpu, Step::Wasm, Step::Build, Step::Browser];
        assert_eq!(Selection::default().steps(Tier::Usual), Ok(usual.to_vec()));
        assert_eq!(only(&[Step::Bench, Step::Gpu]).steps(Tier::Long), Ok(vec![Step::Gpu, Step::Bench]));
        let rest = skip(&[Step::Engines, Step::Lint]).steps(Tier::Long).expect("the rest");
        assert_eq!((rest.len(), rest.contains(&Step::Engines)), (Step::value_variants().len() - 2, false));
        assert!(only(&[Step::Fuzz]).steps(Tier::Usual).is_err() && skip(&[Step::Fuzz]).steps(Tier::Usual).is_err());
    }
}
