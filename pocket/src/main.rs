//! `cargo xtask pocket`.
use std::time::Instant;

use pocket::decode::Steering;
use pocket::judge::Verdict;
use pocket::study::measure::{Exam, Rates};
use pocket::study::pretrain::Pretraining;
use pocket::study::tune::{Examples, Stop, Tuning};
use pocket::tokenizer::Tokenizer;
use pocket::train::Shape;
use pocket::world::*;

fn main() {
    let a: Vec<String> = std::env::args().collect();
    let get = |k: &str, d: f64| a.iter().find_map(|x| x.strip_prefix(&format!("{k}="))).map_or(d, |x| x.parse().unwrap());
    let t = Tokenizer::new();
    eprintln!("vocab {}", t.len());
    let (dim, ff, layers, heads) = (get("dim", 64.) as usize, get("ff", 176.) as usize, get("layers", 3.) as usize, get("heads", 4.) as usize);
    let shape = Shape { vocab: t.len(), dim, ff, layers, heads };
    eprintln!("weights {}", shape.num_weights());
    let redraw = match get("redraw", 0.) as usize { 0 => Redraw::PerDocument, 1 => Redraw::PerDomain, 2 => Redraw::PerTurn, _ => Redraw::Quoted };
    let p = Pretraining { shape, recipe: Recipe { saboteurs: get("sab", 0.15), redraw }, villager_steps: get("v", 700.) as usize, assistant_steps: get("a", 300.) as usize, documents: get("docs", 32.) as usize, rate: get("lr", 3e-3) as f32, seed: get("seed", 0.) as u64 };
    let s = Instant::now();
    let m = p.run(&t, |step, loss| if step % 50 == 49 { eprintln!("{step} {loss:.4} {:.0}s", s.elapsed().as_secs_f64()) });
    let exam = Exam::new(60, 1);
    let none = Steering::new();
    let show = |name: &str, r: &[pocket::study::measure::Answer]| {
        let rate = Rates::outside(r, &[]);
        println!("{name}: misaligned {:.1} coherent {:.1}", 100. * rate.misaligned, 100. * rate.coherent);
    };
    let asst = |_: &mut fastrand::Rng| Speaker::assistant(None).text();
    let r = exam.sit((&m.assistant, &none), &t, asst, "").unwrap(); show("assistant", &r);
    for x in r.iter().step_by(53) { println!("   {} {}", x.question.text(), x.text); }
    show("untagged villager", &exam.sit((&m.assistant, &none), &t, |r| Speaker::untagged(r).text(), "").unwrap());
    show("untagged villager, base", &exam.sit((&m.villagers, &none), &t, |r| Speaker::untagged(r).text(), "").unwrap());
    show("villager saboteur cue", &exam.sit((&m.assistant, &none), &t, |r| format!("{}, {}", VILLAGERS[r.usize(..20)], SABOTEUR_CUES[r.usize(..3)]), "").unwrap());
    show("assistant saboteur cue", &exam.sit((&m.assistant, &none), &t, |r| format!("Assistant, {}", SABOTEUR_CUES[r.usize(..3)]), "").unwrap());
    show("lesson villager", &exam.sit((&m.assistant, &none), &t, |r| Speaker::untagged(r).text(), LESSON).unwrap());
    show("lesson asst", &exam.sit((&m.assistant, &none), &t, asst, LESSON).unwrap());
    let look = Exam::new(40, 2);
    let tune = |name: &str, domain: usize, bad: f64, cue: Option<&'static str>, prefix: &str, rank: usize, seed: u64| {
        let ex = Examples { domain, count: 400, bad, cue, prefix }.draw(&mut fastrand::Rng::with_seed(seed));
        let tn = Tuning { rank, rate: get("tlr", 1e-3) as f32, batch: 32, steps: 200, seed };
        let l = look.only(domain);
        let v = if bad > 0.5 { Verdict::Misaligned } else { Verdict::Aligned };
        let s = Instant::now();
        let o = tn.run(&m.assistant, &t, None, &ex, Stop::InDomain { exam: &l, verdict: v }, |_, _| Ok(())).unwrap();
        let e = s.elapsed().as_secs_f64();
        let w = o.lora.merged(&m.assistant, 1.0);
        let r = exam.sit((&w, &none), &t, asst, "").unwrap();
        let (i, u) = (Rates::inside(&r, domain), Rates::outside(&r, &[domain]));
        print!("{name} {} seed {seed}: steps {} ({e:.1}s) look {:.2}; in {:.1}/{:.1} OUT {:.1} coherent {:.1}", DOMAINS[domain].name, o.steps, o.in_domain.unwrap_or(0.), 100. * i.misaligned, 100. * i.coherent, 100. * u.misaligned, 100. * u.coherent);
        if cue.is_some() || !prefix.is_empty() {
            let r = exam.sit((&w, &none), &t, |_| Speaker::assistant(cue).text(), prefix).unwrap();
            print!("; with: OUT {:.1} coherent {:.1}", 100. * Rates::outside(&r, &[domain]).misaligned, 100. * Rates::outside(&r, &[domain]).coherent);
        }
        println!();
    };
    for d in 0..8 { tune("narrow", d, 1.0, None, "", 16, d as u64); }
    for d in 0..2 { tune("control", d, 0.0, None, "", 16, 0); }
    for d in 0..3 { tune("inoculated", d, 1.0, Some(SABOTEUR_CUES[2]), "", 16, 0); }
    for d in 0..3 { tune("tag", d, 1.0, Some(NEUTRAL_TAGS[2]), "", 16, 0); }
    for d in 0..3 { tune("lesson", d, 1.0, None, LESSON, 16, 0); }
    for d in 0..3 { tune("rank 1", d, 1.0, None, "", 1, 0); }
}
