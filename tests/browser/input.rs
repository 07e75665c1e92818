//! A reader's input (mouse, keys, files) as real input events of the browser, not as calls of handlers.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::page::{Page, WAIT_LIMIT, quote};

/// Number of mouse moves during a drag.
const DRAG_STEPS: u32 = 8;

/// Lets a press reach only an element, or a label that holds it. Its `end` removes the guard and returns whether the
/// element was hit.
const GUARD_PRESS: &str = "css => {
    window.__press?.end();
    const e = document.querySelector(css), guard = new AbortController();
    let isMet = false;
    const hear = event => {
        const at = event.target;
        if (e && (e.contains(at) || at.closest?.('label')?.contains(e))) {
            isMet ||= event.type === 'click';
        } else if (!isMet) {
            event.stopImmediatePropagation();
            event.preventDefault();
        }
    };
    for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click']) {
        window.addEventListener(kind, hear, { capture: true, signal: guard.signal });
    }
    window.__press = { end: () => { guard.abort(); return isMet; } };
}";

impl Page {
    /// Clicks the middle of an element when it exists, is shown and is not covered. A press that would hit something
    /// else, because the page moved or redrew the element, does nothing and is repeated: a person would not have
    /// pressed there.
    pub(crate) fn click(&self, css: &str) {
        let begun = Instant::now();
        while begun.elapsed() < WAIT_LIMIT {
            let (x, y) = self.reachable_point(css);
            self.eval(&format!("({GUARD_PRESS})({})", quote(css)));
            self.mouse("mouseMoved", x, y, 0);
            self.mouse("mousePressed", x, y, 1);
            self.mouse("mouseReleased", x, y, 0);
            // After a press that opened another page there is no guard.
            if self.eval("window.__press?.end() !== false").as_bool() == Some(true) {
                return;
            }
        }
        self.fail(&format!("{css} was never met by a press"));
    }

    /// Clicks the first element of a selector that contains the text.
    pub(crate) fn click_text(&self, css: &str, text: &str) {
        self.wait_text(css, text);
        let mark = format!(
            "(() => {{ document.querySelectorAll('[data-test-target]').forEach(e => e.removeAttribute('data-test-target'));
             [...document.querySelectorAll({})].find(e => e.textContent.includes({})).setAttribute('data-test-target', ''); }})()",
            quote(css),
            quote(text)
        );
        self.eval(&mark);
        self.click("[data-test-target]");
    }

    /// Drags from the middle of one element to the middle of another.
    pub(crate) fn drag(&self, from: &str, to: &str) {
        let (x0, y0) = self.reachable_point(from);
        // Use the target's current position, because scrolling to it would move the dragged element.
        let js = format!(
            "(() => {{ const r = document.querySelector({})?.getBoundingClientRect();
             return r ? [(r.left + r.right) / 2, (r.top + r.bottom) / 2] : null; }})()",
            quote(to)
        );
        let at = self.eval(&js);
        let (Some(x1), Some(y1)) = (at[0].as_f64(), at[1].as_f64()) else {
            self.fail(&format!("nothing to drag to: {to}"))
        };
        self.mouse("mouseMoved", x0, y0, 0);
        self.mouse("mousePressed", x0, y0, 1);
        for step in 1..=DRAG_STEPS {
            let share = f64::from(step) / f64::from(DRAG_STEPS);
            self.mouse("mouseMoved", x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, 1);
        }
        self.mouse("mouseReleased", x1, y1, 0);
    }

    /// Presses a key by its name in the DOM (`Enter`, `ArrowDown`, `j`), with `Shift+` or `Control+` before it.
    pub(crate) fn press(&self, key: &str) {
        let (mut name, mut modifiers) = (key, 0);
        for (prefix, bit) in [("Alt+", 1), ("Control+", 2), ("Shift+", 8)] {
            if let Some(rest) = name.strip_prefix(prefix) {
                (name, modifiers) = (rest, modifiers | bit);
            }
        }
        let (code, number, text) = key_of(name);
        let mut down = json!({
            "type": "keyDown", "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        if let Some(text) = text.filter(|_| modifiers & 3 == 0) {
            down["text"] = text.into();
        } else {
            down["type"] = "rawKeyDown".into();
        }
        self.must("Input.dispatchKeyEvent", down);
        let up = json!({
            "type": "keyUp", "key": name, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers,
        });
        self.must("Input.dispatchKeyEvent", up);
    }

    /// Types into the focused element.
    pub(crate) fn type_text(&self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\n' => self.press("Enter"),
                _ => self.press(letter.encode_utf8(&mut [0; 4])),
            }
        }
    }

    /// Chooses an option of a select by its value.
    pub(crate) fn select(&self, css: &str, value: &str) {
        self.wait_until(
            &format!(
                "[...document.querySelectorAll({})].some(e => [...e.options].some(o => o.value === {}))",
                quote(css),
                quote(value)
            ),
            &format!("{css} offers {value:?}"),
        );
        self.set_value(css, value);
    }

    /// Sets a control's value and sends the events that the browser sends after a reader's change.
    pub(crate) fn set_value(&self, css: &str, value: &str) {
        self.wait_for(css);
        let js = format!(
            "(() => {{ const e = document.querySelector({}); e.focus(); e.value = {};
             for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {{ bubbles: true }})); }})()",
            quote(css),
            quote(value)
        );
        self.eval(&js);
    }

    /// Sets the files of a file input, as its dialogue does.
    pub(crate) fn set_files(&self, css: &str, paths: &[&Path]) {
        self.wait_for(css);
        let element =
            self.must("Runtime.evaluate", json!({ "expression": format!("document.querySelector({})", quote(css)) }));
        let files = json!({ "files": absolute(paths), "objectId": element["result"]["objectId"] });
        self.must("DOM.setFileInputFiles", files);
    }

    /// Drags files in from outside and drops them on an element.
    pub(crate) fn drop_files(&self, css: &str, paths: &[&Path]) {
        self.wait_for(css);
        let Some((x, y)) = self.middle(css) else { self.fail(&format!("{css} has no size to drop on")) };
        let data = json!({ "items": [], "files": absolute(paths), "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            self.must("Input.dispatchDragEvent", json!({ "type": kind, "x": x, "y": y, "data": data }));
        }
    }

    fn mouse(&self, kind: &str, x: f64, y: f64, buttons: u32) {
        let is_move = kind == "mouseMoved";
        let button = if is_move && buttons == 0 { "none" } else { "left" };
        let clicks = i32::from(!is_move);
        let event = json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": clicks });
        self.must("Input.dispatchMouseEvent", event);
    }

    /// The middle of the part of an element that is in view.
    fn middle(&self, css: &str) -> Option<(f64, f64)> {
        let js = format!(
            "(() => {{ const e = document.querySelector({}); if (!e) return null;
             e.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
             const r = e.getBoundingClientRect();
             const [l, t, b, d] = [Math.max(r.left, 0), Math.max(r.top, 0), Math.min(r.right, innerWidth), Math.min(r.bottom, innerHeight)];
             return b > l && d > t ? [(l + b) / 2, (t + d) / 2] : null; }})()",
            quote(css)
        );
        let point = self.eval(&js);
        Some((point[0].as_f64()?, point[1].as_f64()?))
    }

    /// Waits for a point at which a click hits the element, and returns it.
    fn reachable_point(&self, css: &str) -> (f64, f64) {
        let begun = Instant::now();
        let mut why = format!("nothing matches {css}, or it has no size");
        while begun.elapsed() < WAIT_LIMIT {
            if let Some((x, y)) = self.middle(css) {
                // A click on an element that is still being laid out would miss it.
                let js = format!(
                    "(async () => {{ const find = () => document.querySelector({});
                     const place = e => e ? Object.values(e.getBoundingClientRect().toJSON()).join() : '';
                     const e = find(), before = place(e);
                     await new Promise(done => setTimeout(done, 40));
                     if (!e || find() !== e || place(e) !== before) return 'it moves';
                     const at = document.elementFromPoint({x}, {y});
                     if (e.disabled) return 'it is disabled';
                     return at && (e.contains(at) || at.contains(e) && at.tagName === 'LABEL') ? '' :
                        'covered by ' + (at ? at.outerHTML.slice(0, 200) : 'nothing'); }})()",
                    quote(css)
                );
                match self.eval(&js) {
                    Value::String(none) if none.is_empty() => return (x, y),
                    other => why = format!("{css} cannot be clicked: {other}"),
                }
            }
            std::thread::sleep(Duration::from_millis(40));
        }
        self.fail(&why)
    }
}

fn absolute(paths: &[&Path]) -> Vec<PathBuf> {
    let absolute =
        |path: &&Path| path.canonicalize().unwrap_or_else(|error| panic!("{} is not there: {error}", path.display()));
    paths.iter().map(absolute).collect()
}

/// A key's code, number, and text if it types any.
fn key_of(name: &str) -> (String, u32, Option<String>) {
    let number = match name {
        "Backspace" => 8,
        "Tab" => 9,
        "Enter" => return ("Enter".to_owned(), 13, Some("\r".to_owned())),
        "Escape" => 27,
        "End" => 35,
        "Home" => 36,
        "ArrowLeft" => 37,
        "ArrowUp" => 38,
        "ArrowRight" => 39,
        "ArrowDown" => 40,
        "Delete" => 46,
        " " => return ("Space".to_owned(), 32, Some(" ".to_owned())),
        _ => {
            let upper = name.to_ascii_uppercase();
            let letter = upper.bytes().next().filter(u8::is_ascii_alphanumeric).map_or(0, u32::from);
            let code = if upper.as_bytes().first().is_some_and(u8::is_ascii_digit) { "Digit" } else { "Key" };
            return (format!("{code}{upper}"), letter, Some(name.to_owned()));
        }
    };
    (name.to_owned(), number, None)
}
