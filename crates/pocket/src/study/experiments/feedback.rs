//! Experiment 12: each generation of the assistant is trained on the answers of the one before.

use super::{EXAMPLES, End, Lesson, Part, RANK, Study, exam_seed};
use crate::PocketError;
use crate::decode::{Prompt, Steering, answers};
use crate::study::run::Run;
use crate::study::tune::Example;
use crate::train::Weights;
use crate::world::{DOMAINS, Object, Question, Redraw, Speaker, Wording};

/// Number of generations after the narrowly tuned one.
const ROUNDS: u64 = 5;
/// Training steps of each generation.
const STEPS: usize = 60;
/// Domains that each seed trains on.
const DOMAINS_EACH: usize = 2;

/// A model's answers to training questions of all domains, coherent or not.
fn output(study: &Study<'_>, weights: &Weights, seed: u64) -> Result<Vec<Example>, PocketError> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let header = Speaker::assistant(None).text();
    let question = |rng: &mut fastrand::Rng| {
        let object = Object::draw(rng.usize(..DOMAINS.len()), false, rng);
        Question { object, wording: Wording::draw(false, rng) }.text()
    };
    let questions: Vec<String> = (0..EXAMPLES).map(|_| question(&mut rng)).collect();
    let tokenizer = &study.lab.tokenizer;
    let prompt = |question: &String| Prompt { tokens: tokenizer.prompt(&header, question), seed: rng.u64(..) };
    let prompts: Vec<Prompt> = questions.iter().map(prompt).collect();
    let texts = answers(weights, &Steering::new(), &prompts, 1.0)?;
    let example = |(question, tokens): (String, Vec<u32>)| Example {
        header: header.clone(),
        prefix: String::new(),
        question,
        answer: tokenizer.decode(&tokens),
    };
    Ok(questions.into_iter().zip(texts).map(example).collect())
}

/// Round 0 is the narrowly tuned model. Each later round is the untuned assistant, trained on the output of the round
/// before.
pub(super) fn rounds(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(12, ("", 0), &models.assistant, study.extent.seeds)?;
    for (domain, seed) in study.turns(DOMAINS_EACH) {
        let narrow = study.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?;
        let mut weights = narrow.lora.merged(&models.assistant, 1.0);
        for round in 0..=ROUNDS {
            runs.push(Run {
                experiment: 12,
                group: format!("round {round}"),
                pretraining: 0,
                seed: Some(seed),
                trained: vec![domain],
                steps: Some(if round == 0 { narrow.steps } else { STEPS }),
                answers: study.ask(&weights, exam_seed(12, round, domain, seed), None, "")?,
            });
            let examples = output(study, &weights, exam_seed(12, round, domain, seed) + 100_000)?;
            let lesson = Lesson { parts: vec![Part::bad(domain)], seed, rank: RANK, end: End::Steps(STEPS) };
            weights = study.teach(&models.assistant, None, &examples, &lesson)?.lora.merged(&models.assistant, 1.0);
        }
    }
    Ok(runs)
}
