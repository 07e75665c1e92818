//! Progress lines: which step runs, how many remain, and how long each took.

use std::time::{Duration, Instant};

use crate::Failure;

/// A list of steps that run one after another.
pub(crate) struct Progress {
    total: usize,
    begun: usize,
}

impl Progress {
    /// A list with this number of steps.
    pub(crate) const fn new(total: usize) -> Self {
        Self { total, begun: 0 }
    }

    /// Prints the next step's name, runs it, and prints how long it took.
    ///
    /// # Errors
    /// Those of the step.
    pub(crate) fn step<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        self.begun += 1;
        let at = format!("[{}/{}]", self.begun, self.total);
        println!("{at} {title}");
        let start = Instant::now();
        let result = work()?;
        println!("{at} done in {}", duration(start.elapsed()));
        Ok(result)
    }
}

/// A duration such as "42 s" or "3 min 05 s".
fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        let text = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!([text(0), text(59), text(60), text(485)], ["0 s", "59 s", "1 min 00 s", "8 min 05 s"]);
    }

    #[test]
    fn a_step_gives_what_its_work_gives() {
        let mut progress = Progress::new(2);
        assert_eq!(progress.step("one", || Ok(7)).expect("it works"), 7);
        assert!(progress.step("two", || Err::<(), _>("no".into())).is_err());
        assert_eq!((progress.begun, progress.total), (2, 2));
    }
}
