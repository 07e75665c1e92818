//! Secrets in the writings of servers, proxies and error pages.

use super::*;
use data_encoding::{BASE64, BASE64_MIME, BASE64URL, BASE64URL_NOPAD, HEXUPPER};
use proptest::prelude::*;

/// Of the characters that a bearer token may have (RFC 6750, section 2.1).
const SECRET: &str = "sk-very/secret+7.~_=";

fn hidden(text: &str) -> String {
    hide(SECRET, text.to_owned(), "(key)")
}

/// Every character of the secret as one escape.
fn each(secret: &str, escape: impl Fn(u32) -> String) -> String {
    secret.chars().map(|c| escape(c.into())).collect()
}

/// The ways in which servers, proxies and error pages repeat what they were sent.
fn writings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut all = vec![
        secret.to_owned(),
        secret.chars().flat_map(|c| [c, '\u{200b}']).collect(),
        secret.chars().flat_map(|c| [c, '\u{202e}', '\u{ad}', '\u{e0061}', '\n', '\u{332}']).collect(),
        serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
        serde_json::to_string(&serde_json::to_string(secret).unwrap()).unwrap().trim_matches(['"', '\\']).to_owned(),
        secret.replace('/', "\\/").replace('&', "\\u0026"),
        each(secret, |c| format!("\\u{c:04x}\\u200b")),
        each(secret, |c| format!("\\u{c:04X}")),
        each(secret, |c| format!("\\\\u{{{c:x}}}")),
        each(secret, |c| format!("\\x{c:02x}")),
        each(secret, |c| format!("%{c:02X}")),
        each(secret, |c| format!("%E2%80%8B%{c:02x}")),
        each(secret, |c| format!("%2525{c:02x}")),
        each(secret, |c| format!("&#{c};")),
        each(secret, |c| format!("&amp;#x{c:X};")),
        HEXLOWER.encode(bytes),
        HEXUPPER.encode(bytes),
        each(secret, |c| format!("{c:02x}:")),
        each(secret, |c| format!("{c:02x} ")),
        BASE64_MIME.encode(&[&[7; 50], bytes].concat()),
    ];
    for before in 0..7 {
        for after in 0..4 {
            let whole = [&b"Bearer "[7 - before..], bytes, &b"\",x\""[..after]].concat();
            let standard = BASE64.encode(&whole);
            all.extend([BASE64URL.encode(&whole), BASE64URL_NOPAD.encode(&whole), standard.replace('/', "\\/")]);
            all.extend([standard.replace('+', "%2B").replace('/', "%2F"), standard]);
        }
    }
    all
}

#[test]
fn a_secret_is_hidden_in_every_writing() {
    for written in writings(SECRET) {
        let text = hidden(&format!("Wrong key: <{written}>, try again"));
        assert!(text.starts_with("Wrong key: <") && text.ends_with(">, try again"), "{written}: {text}");
        assert!(text.contains("(key)") && text.len() < 150, "{written}: {text}");
        assert!(!text.contains("very"), "{written}: {text}");
    }
    assert_eq!(hidden(&format!("{SECRET}, {SECRET}{SECRET}")), "(key), (key)(key)");
}

#[test]
fn a_secret_that_the_end_cuts_off_is_hidden_too() {
    assert_eq!(hidden("wrong: sk-ver"), "wrong: (key)");
    assert_eq!(hidden("wrong: sk-v"), "wrong: sk-v");
    assert_eq!(hidden("wrong: sk-very, sk-very/secret"), "wrong: sk-very, (key)");
    let base64 = BASE64.encode(SECRET.as_bytes());
    assert_eq!(hidden(&base64[..12]), "(key)");
}

#[test]
fn other_text_stays_as_it_is() {
    for text in [
        "",
        "An answer about keys: sk-very, secret & 100 % \\ more \u{200b}&amp;amp;\\\\\\",
        "%25252525",
        "\\u{1f986}🦆 \\u12 &#x; &#99999999999; %zz %",
        "c2stdmVy c2st",
    ] {
        assert_eq!(hidden(text), text);
    }
}

#[test]
fn repeated_beginnings_are_found() {
    for (secret, text, expected) in [
        ("aabaab", "aabaaabaab.", "aaba(key)."),
        ("aaaaaa", "aaaaaaa.", "(key)a."),
        ("ababac", "abababac.", "ab(key)."),
    ] {
        assert_eq!(hide(secret, text.to_owned(), "(key)"), expected);
    }
}

#[test]
fn a_long_hostile_text_is_read_a_few_times() {
    // A hang guard: when each beginning was compared by itself, a text like these took a time that grew as its square.
    for piece in ["sk-very/secret+7.~_", "s\u{200b}", "\\", "%25", "&amp;", "sk-ve\u{200b}\u{200b}"] {
        let text = piece.repeat(300_000 / piece.len());
        assert!(!hidden(&text).is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(sk-very/secret|[%25&#x;amp\\\\u{}0-9]|\u{200b}|\\PC){0,60}") {
        let hidden = hidden(&text);
        prop_assert!(!hidden.contains(SECRET));
    }

    #[test]
    fn any_secret_is_hidden(secret in "[A-Za-z0-9._~+/-]{8,40}", at in 0..130_usize) {
        let all = writings(&secret);
        let written = &all[at % all.len()];
        let text = hide(&secret, format!("a {written} b"), "\u{1}");
        prop_assert!(text.contains('\u{1}') && text.len() < 120, "{} {}", written, text);
    }
}
