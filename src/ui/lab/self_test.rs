//! The self-test: every kernel on the reader's GPU compared with the CPU, and a model of the reader's.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::state::session::LabSession;
use crate::domain::view::Screen;
use crate::protocol::Device;
use crate::protocol::self_test::{CheckResult, SelfTestCommand, SelfTestEvent};
use crate::ui::file_picker::FilePicker;
use crate::ui::scroll_table::ScrollTable;
use crate::ui::text;
use crate::web::client::{Notice, WorkerClient};

/// The worker's script, relative to the page.
const SCRIPT: &str = "worker_loader.js?self_test_worker";

/// State of the test, from the worker's events.
#[derive(Debug, Clone, Copy)]
struct State {
    device: RwSignal<Option<Device>>,
    checks: RwSignal<Vec<CheckResult>>,
    doing: RwSignal<Option<String>>,
    is_done: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
    client: StoredValue<Option<WorkerClient<SelfTestCommand, SelfTestEvent>>, LocalStorage>,
}

impl State {
    fn new() -> Self {
        Self {
            device: RwSignal::default(),
            checks: RwSignal::default(),
            doing: RwSignal::default(),
            is_done: RwSignal::default(),
            problem: RwSignal::default(),
            client: StoredValue::new_local(None),
        }
    }

    /// Starts a test in a separate worker, so that a GPU failure affects nothing else.
    fn start(self, command: &SelfTestCommand, attachments: &[JsValue]) {
        self.device.set(None);
        self.checks.set(Vec::new());
        self.is_done.set(false);
        self.problem.set(None);
        self.doing.set(Some(text::self_test::STARTING.to_owned()));
        let started = WorkerClient::start(SCRIPT, move |notice| match notice {
            Notice::Event(event) => self.take(event),
            Notice::Died(why) => self.end(Some(text::self_test::stopped(&why))),
        });
        let sent = started.and_then(|client| {
            client.send(command, attachments)?;
            self.client.set_value(Some(client));
            Ok(())
        });
        if let Err(message) = sent {
            self.end(Some(message));
        }
    }

    fn take(self, event: SelfTestEvent) {
        match event {
            SelfTestEvent::Device(device) => self.device.set(Some(device)),
            SelfTestEvent::Doing(what) => self.doing.set(Some(what)),
            SelfTestEvent::Checked(check) => {
                self.doing.set(Some(check.name.clone()));
                self.checks.update(|checks| checks.push(check));
            }
            SelfTestEvent::Done => {
                self.is_done.set(true);
                self.end(None);
            }
            SelfTestEvent::Failed(message) => self.end(Some(message)),
        }
    }

    fn end(self, problem: Option<String>) {
        self.doing.set(None);
        self.problem.set(problem);
        // Later, because this runs in a handler of the client that is dropped.
        let client = self.client;
        leptos::task::spawn_local(async move {
            client.try_update_value(|client| *client = None);
        });
    }

    fn is_running(self) -> bool {
        self.doing.with(Option::is_some)
    }
}

#[component]
pub fn SelfTestScreen() -> impl IntoView {
    let session = LabSession::get();
    let state = State::new();
    let chosen = move |files: Vec<web_sys::File>| {
        if let Some(file) = files.into_iter().next() {
            state.start(&SelfTestCommand::Model { name: file.name() }, &[file.into()]);
        }
    };
    view! {
        <section class="lab">
            <h1>{text::self_test::HEADING}</h1>
            <p>{text::self_test::ABOUT}</p>
            <div class="load">
                <button
                    type="button"
                    class="primary"
                    id="self-test-run"
                    disabled=move || state.is_running()
                    on:click=move |_| state.start(&SelfTestCommand::Kernels, &[])
                >
                    {text::self_test::RUN}
                </button>
                <FilePicker
                    id="self-test-model"
                    label=text::self_test::RUN_MODEL
                    accept=".gguf"
                    disabled=Signal::derive(move || state.is_running())
                    on_files=chosen
                />
                <a href=move || session.link_to(Screen::Lab)>{text::self_test::TO_LAB}</a>
            </div>
            <Summary state/>
            <Checks state/>
        </section>
    }
}

/// The verdict so far, in a sentence.
#[component]
fn Summary(state: State) -> impl IntoView {
    let device = move || {
        state.device.with(|device| {
            let device = device.as_ref()?;
            let name = if device.adapter.is_empty() { text::lab::UNNAMED_GPU } else { &device.adapter };
            Some(text::self_test::device(name, &device.backend, device.software))
        })
    };
    let counts = Memo::new(move |_| {
        state.checks.with(|checks| (checks.len(), checks.iter().filter(|check| !check.holds).count()))
    });
    let verdict = move || {
        let (num_checks, num_failed) = counts.get();
        let on = device().map(|device| text::self_test::on(&device)).unwrap_or_default();
        match (state.is_done.get(), num_failed) {
            (true, 0) => Some(text::self_test::all_hold(num_checks, &on)),
            (_, failed @ 1..) => Some(text::self_test::some_fail(failed, num_checks, &on)),
            (false, 0) => (num_checks > 0).then(|| text::self_test::hold_so_far(num_checks, &on)),
        }
    };
    let is_bad = move || counts.get().1 > 0;
    view! {
        <div role="status" aria-live="polite">
            <Show when=move || verdict().is_some()>
                <p
                    id="self-test-verdict"
                    class=move || if is_bad() { "notice error" } else { "notice" }
                    data-done=move || state.is_done.get().to_string()
                    data-failed=move || counts.get().1.to_string()
                >
                    {verdict}
                </p>
            </Show>
        </div>
        <Show when=move || state.is_running()>
            <p class="quiet" id="self-test-doing">{move || state.doing.get()} "…"</p>
        </Show>
        <div role="alert">
            <Show when=move || state.problem.with(Option::is_some)>
                <p class="notice error" id="self-test-problem">{move || state.problem.get()}</p>
            </Show>
        </div>
    }
}

/// The table of finished checks, failures first.
#[component]
fn Checks(state: State) -> impl IntoView {
    let rows = move || {
        let mut checks = state.checks.get();
        checks.sort_by_key(|check| check.holds);
        checks.into_iter().map(row).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || state.checks.with(|checks| !checks.is_empty())>
            <ScrollTable label=text::self_test::CHECKS id="self-test-checks" class="figures">
                <caption>{text::self_test::TABLE_CAPTION}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text::self_test::CHECK}</th>
                        <th scope="col">{text::self_test::RESULT}</th>
                        <th scope="col">{text::self_test::ERROR}</th>
                        <th scope="col">{text::self_test::LIMIT}</th>
                        <th scope="col">{text::self_test::TIME}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </ScrollTable>
        </Show>
    }
}

fn row(check: CheckResult) -> impl IntoView {
    let CheckResult { name, error, limit, holds, note, took_ms } = check;
    let number = |x: f64| match x {
        0.0 => "0".to_owned(),
        x if x.is_nan() => "–".to_owned(),
        x => format!("{x:.1e}"),
    };
    let result = if holds { text::self_test::HOLDS } else { text::self_test::FAILS };
    let note = (!note.is_empty()).then(|| view! { <span class="quiet">" " {note}</span> });
    view! {
        <tr data-error=error.to_string()>
            <th scope="row">{name} {note}</th>
            <td>{result}</td>
            <td>{number(error)}</td>
            <td>{number(limit)}</td>
            <td>{format!("{took_ms:.0} ms")}</td>
        </tr>
    }
}
