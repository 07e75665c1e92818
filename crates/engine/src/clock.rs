//! The local time, for chat templates that write the date into the prompt.

use askew_model::LocalTime;

/// The browser's local time.
#[cfg(target_arch = "wasm32")]
pub(crate) fn now() -> LocalTime {
    let date = js_sys::Date::new_0();
    LocalTime {
        year: date.get_full_year(),
        month: date.get_month() + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
        second: date.get_seconds(),
    }
}

/// UTC, because the standard library knows no time zones.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn now() -> LocalTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    LocalTime::from_unix(since.map_or(0, |since| since.as_secs()))
}
