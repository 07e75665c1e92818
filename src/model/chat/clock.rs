//! The date as chat templates ask for it.

use minijinja::{Error, ErrorKind};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A moment where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Such as 2024.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 60.
    pub second: u32,
}

impl LocalTime {
    /// Writes the moment as Python's `datetime.strftime` does in the C locale.
    pub(super) fn format(self, format: &str) -> Result<String, Error> {
        let mut out = String::new();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut directive = chars.next();
            let pad = if directive == Some('-') {
                directive = chars.next();
                0
            } else {
                2
            };
            let two = |number: u32| format!("{number:0pad$}");
            out.push_str(&match directive {
                Some('Y') => format!("{:04}", self.year),
                Some('y') => two(self.year % 100),
                Some('m') => two(self.month),
                Some('d') => two(self.day),
                Some('e') => format!("{:>pad$}", self.day),
                Some('H') => two(self.hour),
                Some('I') => two((self.hour + 11) % 12 + 1),
                Some('M') => two(self.minute),
                Some('S') => two(self.second),
                Some('p') => (if self.hour < 12 { "AM" } else { "PM" }).to_owned(),
                Some('B') => self.month_name().to_owned(),
                Some('b' | 'h') => self.month_name().chars().take(3).collect(),
                Some('A') => self.weekday().to_owned(),
                Some('a') => self.weekday().chars().take(3).collect(),
                Some('j') => format!("{:03}", self.day_of_year()),
                Some('F') => self.format("%Y-%m-%d")?,
                Some('T') => self.format("%H:%M:%S")?,
                Some('%') => "%".to_owned(),
                _ => {
                    let message = format!("the date format \"{format}\" is not known");
                    return Err(Error::new(ErrorKind::InvalidOperation, message));
                }
            });
        }
        Ok(out)
    }

    fn month_name(self) -> &'static str {
        MONTHS.get(self.month.wrapping_sub(1) as usize).copied().unwrap_or_default()
    }

    fn is_leap_year(self) -> bool {
        self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400))
    }

    /// 1 to 366.
    fn day_of_year(self) -> u32 {
        let days = [31, if self.is_leap_year() { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        days.iter().take(self.month.saturating_sub(1) as usize).sum::<u32>() + self.day
    }

    fn weekday(self) -> &'static str {
        // Gregorian: 1 January of year 1 was a Monday.
        let years = self.year.saturating_sub(1);
        let days = years * 365 + years / 4 - years / 100 + years / 400 + self.day_of_year();
        WEEKDAYS.get((days % 7) as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_python_writes_it() {
        let moment = LocalTime { year: 2024, month: 11, day: 5, hour: 0, minute: 7, second: 9 };
        let format = "%d %b %Y|%A %B %-d, %y|%I:%M:%S %p|%j|%a|%F %T|100%%";
        let expected = "05 Nov 2024|Tuesday November 5, 24|12:07:09 AM|310|Tue|2024-11-05 00:07:09|100%";
        assert_eq!(moment.format(format).expect("known"), expected);
        assert!(moment.format("%Q").is_err() && moment.format("%").is_err());
    }
}
