//! The parts of the tests and which of them were asked for.

use std::str::FromStr;

/// How long the tests may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// What every change is tested by.
    Usual,
    /// Also what takes longer than a change should wait: tests marked `#[ignore]`, and the steps after [`Step::Browser`].
    Long,
}

/// A part of the tests, in the order in which they run: what is quick to fail comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Lint,
    Native,
    Gpu,
    Wasm,
    Build,
    Browser,
    /// Tokens of the fixtures against llama.cpp's.
    Tokens,
    /// Chats of the fixtures against transformers', and templates of well-known models.
    Chats,
    /// Adapters and steering vectors against PEFT and llama.cpp.
    Adapters,
    /// An adapter that is trained, and the experiment about it.
    Trained,
    /// Logits and greedy text against llama.cpp, on the CPU and on every software adapter.
    Engines,
    /// A million damaged files.
    Fuzz,
    /// Speeds, and those of another engine.
    Bench,
}

impl Step {
    const ALL: [Self; 13] = [
        Self::Lint,
        Self::Native,
        Self::Gpu,
        Self::Wasm,
        Self::Build,
        Self::Browser,
        Self::Tokens,
        Self::Chats,
        Self::Adapters,
        Self::Trained,
        Self::Engines,
        Self::Fuzz,
        Self::Bench,
    ];
    /// As many of them run in [`Tier::Usual`].
    const NUM_USUAL: usize = 6;

    /// Its name on the command line and in the closing table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Gpu => "gpu",
            Self::Wasm => "wasm",
            Self::Build => "build",
            Self::Browser => "browser",
            Self::Tokens => "tokens",
            Self::Chats => "chats",
            Self::Adapters => "adapters",
            Self::Trained => "trained",
            Self::Engines => "engines",
            Self::Fuzz => "fuzz",
            Self::Bench => "bench",
        }
    }

    /// The steps of a tier.
    pub(crate) fn of(tier: Tier) -> &'static [Self] {
        match tier {
            Tier::Usual => &Self::ALL[..Self::NUM_USUAL],
            Tier::Long => &Self::ALL,
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let step = Self::ALL.into_iter().find(|step| step.name() == name);
        step.ok_or_else(|| format!("unknown step `{name}`: it is one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// The steps of a tier that are left by `--only A,B` and `--skip A,B`, in their order.
///
/// # Errors
/// For other options, unknown steps, and steps that are not of the tier.
pub(crate) fn select(tier: Tier, options: &[&str]) -> Result<Vec<Step>, String> {
    let mut steps = Step::of(tier).to_vec();
    for pair in options.chunks(2) {
        let [option, names] = pair else { return Err(format!("`{}` needs the names of steps", pair.join(" "))) };
        let named = names.split(',').map(str::parse).collect::<Result<Vec<Step>, _>>()?;
        if let Some(step) = named.iter().find(|step| !Step::of(tier).contains(step)) {
            return Err(format!("the step `{}` belongs to `cargo xtask verify`", step.name()));
        }
        match *option {
            "--only" => steps.retain(|step| named.contains(step)),
            "--skip" => steps.retain(|step| !named.contains(step)),
            other => return Err(format!("unknown option `{other}`: --only or --skip")),
        }
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names() {
        for step in Step::ALL {
            assert_eq!(step.name().parse(), Ok(step));
        }
        assert!("all".parse::<Step>().is_err());
    }

    #[test]
    fn steps_are_chosen_and_left_out() {
        assert_eq!(select(Tier::Usual, &[]).expect("all").len(), Step::NUM_USUAL);
        assert_eq!(select(Tier::Long, &["--only", "bench,gpu"]), Ok(vec![Step::Gpu, Step::Bench]));
        let rest = select(Tier::Long, &["--skip", "engines,lint"]).expect("the rest");
        assert_eq!((rest.len(), rest.contains(&Step::Engines)), (Step::ALL.len() - 2, false));
        assert!(select(Tier::Usual, &["--only", "fuzz"]).is_err(), "a step of the long tests");
        assert!(select(Tier::Long, &["--only"]).is_err() && select(Tier::Long, &["--but", "gpu"]).is_err());
    }
}
