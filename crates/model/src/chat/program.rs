//! A template as a program of the engine, with guards put before each operation that takes more than constant time.
//!
//! The engine (minijinja) limits the number of operations, but not their size: `n.s ~ n.s` sixty times, or comparing
//! two lists of 100 000 numbers, are a few operations. It offers no hook for operators, so we compile the template with its
//! own compiler, and then change the list of operations. Operations that no chat template needs, and that could recurse
//! or run other templates, are refused.

use std::sync::Arc;

use minijinja::machinery::{CodeGenerator, Instruction, Instructions, Vm, make_string_output, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};

use super::budget::{Budget, Paid, invalid};
use super::screen::{ONE, WHITESPACE, screen};
use super::{LocalTime, builtins, guards, python};

/// Most operations of a rendering. Real templates take some thousands, guards included.
const MAX_STEPS: u64 = 1_000_000;
/// Deepest nesting of frames: a macro that calls another takes six, a loop takes one. So at most thirty macros recurse,
/// and each takes several KiB of the stack.
const MAX_FRAMES: usize = 180;
/// Longest text in bytes that a template may produce, far beyond any context.
const MAX_TEXT_BYTES: usize = 4 << 20;
/// How often an emitted byte counts as copied: it is written to a macro's text, to a variable and to the output, and
/// all of these grow by doubling.
const COPIES: usize = 16;
/// Longest message of a template's own.
const MAX_MESSAGE_CHARS: usize = 300;
/// A filter is looked up by name and not by its place.
const BY_NAME: u8 = u8::MAX;

/// The clock for templates that ask for the date.
pub(super) type Clock = dyn Fn() -> LocalTime + Send + Sync;

/// Checks that a template compiles.
pub(super) fn check(source: &str) -> Result<(), String> {
    let compiled = screen(source).and_then(|source| compile(&source).map(drop));
    compiled.map_err(|error| message(&error, &Budget::default()))
}

/// Renders a template with these values. Fails with a sentence about what the template does wrong.
pub(super) fn render(source: &str, clock: Option<&Arc<Clock>>, values: &[(&str, Value)]) -> Result<String, String> {
    let budget = Arc::new(Budget::default());
    run(source, clock, values, &budget).map_err(|error| message(&error, &budget))
}

fn run(
    source: &str,
    clock: Option<&Arc<Clock>>,
    values: &[(&str, Value)],
    budget: &Arc<Budget>,
) -> Result<String, Error> {
    let environment = environment(budget, clock);
    let source = screen(source)?;
    let program = compile(&source)?;
    let values = values.iter().cloned().chain([(ONE, Value::from(1))]).collect::<Value>();
    let mut text = String::new();
    let mut out = make_string_output(&mut text);
    let blocks = std::collections::BTreeMap::new();
    Vm::new(&environment).eval(&program, values, &blocks, &mut out, AutoEscape::None)?;
    drop(out);
    if text.len() > MAX_TEXT_BYTES {
        return Err(invalid(format!("it produces more than {} MiB of text", MAX_TEXT_BYTES >> 20)));
    }
    Ok(text)
}

fn environment(budget: &Arc<Budget>, clock: Option<&Arc<Clock>>) -> Environment<'static> {
    let mut environment = builtins::environment(budget);
    guards::add(&mut environment, budget);
    environment.set_fuel(Some(MAX_STEPS));
    environment.set_recursion_limit(MAX_FRAMES);
    let paid = Arc::clone(budget);
    environment.set_formatter(move |out, _, value| {
        python::write_str(&mut Paid { out, budget: &paid, copies: COPIES }, value).map_err(Error::from)
    });
    let paid = Arc::clone(budget);
    environment.set_unknown_method_callback(move |state, value, method, args| {
        python::call_method(&paid, state, value, method, args)
    });
    if let Some(now) = clock.map(Arc::clone) {
        environment.add_function("strftime_now", move |format: &str| now().format(format));
    }
    environment
}

/// A sentence about an error. It ends at a length, because a template can raise any text.
fn message(error: &Error, budget: &Budget) -> String {
    if error.kind() == ErrorKind::OutOfFuel && !budget.is_spent() {
        return format!("it takes more than {MAX_STEPS} steps");
    }
    if budget.is_spent() {
        return "it builds or compares more text and lists than any chat needs".to_owned();
    }
    // Most errors are about what a template does, and do not get better by their kind.
    let text = error.to_string();
    let text = text.strip_prefix("invalid operation: ").unwrap_or(&text);
    match text.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Compiles a screened template, with guards.
fn compile(source: &str) -> Result<Instructions<'_>, Error> {
    let syntax = parse(source, "chat", SyntaxConfig, WHITESPACE)?;
    let mut compiler = CodeGenerator::new("chat", source);
    compiler.compile_stmt(&syntax);
    guarded(&compiler.finish().0)
}

/// Replaces each operation by itself and its guards. Jumps are adjusted.
fn guarded<'s>(old: &Instructions<'s>) -> Result<Instructions<'s>, Error> {
    let mut starts = Vec::with_capacity(old.len() + 1);
    let mut new = Instructions::new(old.name(), old.source());
    for at in 0..u32::try_from(old.len()).unwrap_or(u32::MAX) {
        let Some(instruction) = old.get(at) else { break };
        starts.push(new.len());
        let line = old.get_line(at).and_then(|line| u16::try_from(line).ok()).unwrap_or_default();
        for instruction in guard(instruction.clone())
            .map_err(|what| invalid(format!("it uses {what}, which chats do not need (line {line})")))?
        {
            new.add_with_line(instruction, line);
        }
    }
    starts.push(new.len());
    for at in 0..u32::try_from(new.len()).unwrap_or(u32::MAX) {
        if let Some(target) = new.get_mut(at).and_then(target) {
            let place = usize::try_from(*target).ok().and_then(|target| starts.get(target));
            *target = place.and_then(|&place| u32::try_from(place).ok()).unwrap_or(u32::MAX);
        }
    }
    Ok(new)
}

/// The place in the program that an operation names.
fn target<'i>(instruction: &'i mut Instruction<'_>) -> Option<&'i mut u32> {
    match instruction {
        Instruction::Iterate(target)
        | Instruction::Jump(target)
        | Instruction::JumpIfFalse(target)
        | Instruction::JumpIfFalseOrPop(target)
        | Instruction::JumpIfTrueOrPop(target)
        | Instruction::BuildMacro(_, target, _) => Some(target),
        _ => None,
    }
}

/// An operation with its guards, or the name of what is refused.
fn guard(operation: Instruction<'_>) -> Result<Vec<Instruction<'_>>, &'static str> {
    let call = |name, args| Instruction::ApplyFilter(name, Some(args), BY_NAME);
    let pair = |name| [call(name, 2), Instruction::UnpackList(2)];
    let before = |guard, operation| {
        let [pay, unpack] = pair(guard);
        vec![pay, unpack, operation]
    };
    let settle = || call(guards::SETTLE, 1);
    Ok(match operation {
        // As a value, so that the formatter pays for it.
        Instruction::EmitRaw(text) => vec![Instruction::LoadConst(Value::from(text)), Instruction::Emit],
        Instruction::GetItem => vec![call(guards::ITEM, 2)],
        Instruction::Slice => vec![call(guards::SLICE, 4)],
        Instruction::StringConcat => vec![call(guards::CONCAT, 2)],
        Instruction::SetAttr(name) => {
            vec![Instruction::LoadConst(Value::from(name)), call(guards::SET, 3), Instruction::DiscardTop]
        }
        Instruction::Add => [before(guards::ADD, operation), vec![settle()]].concat(),
        Instruction::Mul => [before(guards::MULTIPLY, operation), vec![settle()]].concat(),
        Instruction::Eq | Instruction::Ne | Instruction::Lt | Instruction::Lte | Instruction::Gt | Instruction::Gte => {
            before(guards::COMPARE, operation)
        }
        Instruction::In => before(guards::SEARCH, operation),
        // In a chain like `a < b in c`. A search costs at least as much as a comparison only for lists, so both pay.
        Instruction::CompareAndPreserve(_) => {
            [pair(guards::COMPARE).to_vec(), before(guards::SEARCH, operation)].concat()
        }
        Instruction::BuildList(_) | Instruction::BuildMap(_) => vec![operation, call(guards::BUILT, 1)],
        Instruction::LoadConst(ref value) if value.kind() == ValueKind::Iterable => vec![operation, settle()],
        // A loop that calls itself jumps to its own start, after this guard.
        Instruction::PushLoop(_) | Instruction::FastRecurse => vec![call(guards::ITERATE, 1), operation],
        Instruction::CallFunction("loop", Some(1)) => vec![call(guards::ITERATE, 1), operation, settle()],
        Instruction::CallFunction("super", _) => return Err("\"super\""),
        Instruction::CallMethod("changed", Some(2)) => [before(guards::CHANGED, operation), vec![settle()]].concat(),
        Instruction::CallMethod("changed", _) => return Err("\"loop.changed\" of several values"),
        Instruction::CallMethod("cycle", Some(1)) => return Err("\"loop.cycle\" without values"),
        Instruction::CallFunction(..)
        | Instruction::CallMethod(..)
        | Instruction::CallObject(_)
        | Instruction::ApplyFilter(..) => vec![operation, settle()],
        Instruction::BuildMacro(..) => {
            let one = Instruction::LoadConst(Value::from(1));
            vec![one, call(guards::DECLARE, 1), Instruction::DiscardTop, operation]
        }
        Instruction::UnpackLists(_) | Instruction::MergeKwargs(_) => return Err("arguments with * or **"),
        Instruction::CallBlock(_) | Instruction::FastSuper => return Err("blocks"),
        Instruction::LoadBlocks | Instruction::Include(_) | Instruction::ExportLocals => {
            return Err("other templates");
        }
        _ => vec![operation],
    })
}
