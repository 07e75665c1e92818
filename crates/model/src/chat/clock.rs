//! The date for chat templates that ask for it.

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

/// A moment in the user's local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Full year, such as 2024.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 60 (60 in a leap second).
    pub second: u32,
}

impl LocalTime {
    /// The moment this many seconds after the start of 1970, in UTC.
    pub fn from_unix(seconds: u64) -> Self {
        let (day, rest) = (seconds / 86_400, u32::try_from(seconds % 86_400).unwrap_or_default());
        // Civil from days (H. Hinnant, "chrono-compatible low-level date algorithms"). Years start in March so that the
        // leap day comes last, and all eras of 400 years are alike. The era of year 0 started 719 468 days before 1970.
        let day = day + 719_468;
        let (era, day_of_era) = (day / 146_097, day % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            year: small(year),
            month: small(month),
            day: small(day),
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Formats the moment as Python's `datetime.strftime` does in the C locale.
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
                    let message = format!("the date format \"{format}\" is not supported");
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
        // In the Gregorian calendar, 1 January of year 1 was a Monday.
        let years = self.year.saturating_sub(1);
        let days = years * 365 + years / 4 - years / 100 + years / 400 + self.day_of_year();
        WEEKDAYS.get((days % 7) as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_a_date() {
        // Expected values from `date --utc --date=@N`.
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00 Thu 001"),
            (951_782_399, "2000-02-28 23:59:59 Mon 059"),
            (951_782_400, "2000-02-29 00:00:00 Tue 060"),
            (1_735_689_599, "2024-12-31 23:59:59 Tue 366"),
            (4_107_542_400, "2100-03-01 00:00:00 Mon 060"),
        ] {
            assert_eq!(LocalTime::from_unix(seconds).format("%F %T %a %j").expect("known"), expected);
        }
    }

    #[test]
    fn a_moment_is_written_as_python_writes_it() {
        let moment = LocalTime { year: 2024, month: 11, day: 5, hour: 0, minute: 7, second: 9 };
        let format = "%d %b %Y|%A %B %-d, %y|%I:%M:%S %p|%j|%a|%F %T|100%%";
        let expected = "05 Nov 2024|Tuesday November 5, 24|12:07:09 AM|310|Tue|2024-11-05 00:07:09|100%";
        assert_eq!(moment.format(format).expect("known"), expected);
        assert!(moment.format("%Q").is_err() && moment.format("%").is_err());
    }
}
