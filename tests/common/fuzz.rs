//! The loop of the fuzzers: it makes inputs by number and checks each for panics, time and memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;

/// Time limit for one input. Usual inputs take less than a thousandth of it.
const MAX_TIME: Duration = Duration::from_secs(2);
/// Time after which the process aborts and prints the input's number, because the input seems to hang.
const HANG: Duration = Duration::from_secs(30);
/// Number of inputs between two progress lines of a long run.
const PROGRESS: u64 = 100_000;

/// The memory limit of an input in bytes, and the result of reading it.
pub(crate) type Read = (usize, Result<(), String>);

/// The reader to fuzz, and its inputs.
pub(crate) struct Fuzz<'a, I> {
    /// Names of the kinds of inputs.
    pub(crate) kinds: &'a [&'a str],
    /// Default number of inputs; `ASKEW_FUZZ_INPUTS` overrides it.
    pub(crate) num_inputs: u64,
    /// The allocator, which must be the process's global allocator.
    pub(crate) memory: &'a PeakAlloc,
    /// Makes the input for a seed and a number, and returns it with the index of its kind.
    pub(crate) input: &'a dyn Fn(u64, u64) -> (usize, I),
    /// Reads an input.
    pub(crate) read: &'a dyn Fn(&I) -> Read,
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a whole number"))
}

/// Aborts the process and prints the input's number when an input hangs.
fn watch(number: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let mut last = (0, Instant::now());
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = number.load(Ordering::Relaxed);
            if now == u64::MAX {
                return;
            }
            if now != last.0 {
                last = (now, Instant::now());
            } else if last.1.elapsed() > HANG {
                eprintln!("input {now} does not end");
                std::process::abort();
            }
        }
    });
}

impl<I> Fuzz<'_, I> {
    /// Runs all inputs. Fails and lists the inputs that did harm, or fails when a kind was hardly exercised. Nothing
    /// else may run in the process at the same time.
    pub(crate) fn run(&self) {
        let (num_inputs, seed) = (setting("ASKEW_FUZZ_INPUTS", self.num_inputs), setting("ASKEW_FUZZ_SEED", 1));
        let first = setting("ASKEW_FUZZ_FIRST", 0);
        let current = Arc::new(AtomicU64::new(first));
        watch(Arc::clone(&current));
        let panic_text = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&panic_text);
        let usual_hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| *heard.lock().expect("one thread") = info.to_string()));

        let mut harm: Vec<String> = Vec::new();
        let mut counts = vec![[0u64; 2]; self.kinds.len()];
        let (mut slowest, mut largest) = ((Duration::ZERO, 0), (0, 0));
        let begin = Instant::now();
        for number in first..first + num_inputs {
            current.store(number, Ordering::Relaxed);
            if number > first && (number - first).is_multiple_of(PROGRESS) {
                println!("{} of {num_inputs} inputs after {:.0} s", number - first, begin.elapsed().as_secs_f64());
            }
            let (kind, input) = (self.input)(seed, number);
            self.memory.reset_peak_usage();
            let (before, start) = (self.memory.current_usage(), Instant::now());
            let result = catch_unwind(AssertUnwindSafe(|| (self.read)(&input)));
            let (time, peak) = (start.elapsed(), self.memory.peak_usage().saturating_sub(before));
            slowest = slowest.max((time, number));
            largest = largest.max((peak, number));
            match result {
                Ok((most, outcome)) => {
                    counts[kind][usize::from(outcome.is_err())] += 1;
                    assert!(outcome.err().is_none_or(|error| !error.is_empty()));
                    if peak > most {
                        harm.push(format!("input {number} takes {peak} bytes, which may take {most}"));
                    }
                }
                Err(_) => harm.push(format!("input {number} panics: {}", panic_text.lock().expect("one thread"))),
            }
            if time > MAX_TIME {
                harm.push(format!("input {number} takes {time:?}"));
            }
        }
        current.store(u64::MAX, Ordering::Relaxed);
        std::panic::set_hook(usual_hook);
        for (kind, [usable, refused]) in self.kinds.iter().zip(&counts) {
            println!("{kind}: {refused} refused, {usable} usable");
        }
        println!(
            "{num_inputs} inputs from seed {seed} in {:.1} s; slowest {:?} (input {}), most memory {} KiB (input {})",
            begin.elapsed().as_secs_f64(),
            slowest.0,
            slowest.1,
            largest.0 / 1024,
            largest.1
        );
        let shown: Vec<&String> = harm.iter().take(10).collect();
        assert!(harm.is_empty(), "{} of {num_inputs} inputs do harm: {shown:#?}", harm.len());
        // If the inputs of a kind were all refused or all accepted, the run would prove little.
        let of_kind = num_inputs / self.kinds.len() as u64;
        let is_telling = |[usable, refused]: &[u64; 2]| usable * 100 >= of_kind && refused * 100 >= of_kind;
        assert!(num_inputs < 10_000 || counts.iter().all(is_telling), "{counts:?}");
    }
}
