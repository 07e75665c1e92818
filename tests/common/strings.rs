//! Ten thousand fixed texts to tokenize, of every sort that could confuse a tokenizer.

/// Number of texts.
pub(crate) const NUM_STRINGS: usize = 10_000;
/// Number of texts per digest.
pub(crate) const BLOCK: usize = 100;

/// `SplitMix64` (Steele et al. 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("small")
    }

    fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    fn char_in(&mut self, first: u32, last: u32) -> char {
        let code = first + u32::try_from(self.below((last - first + 1) as usize)).expect("small");
        char::from_u32(code).unwrap_or('\u{FFFD}')
    }
}

const SENTENCES: [&str; 30] = [
    "The quick brown fox jumps over the lazy dog.",
    "I'm sure you're right, he'll say it's what they've done; we'd better go. I'M SURE YOU'RE RIGHT, WE'VE TRIED.",
    "Der Fluss, der gro\u{df}e \u{c4}pfel f\u{fc}hrt, hei\u{df}t nicht \u{fc}berall gleich.",
    "L'\u{e9}t\u{e9} dernier, \u{e0} No\u{eb}l, \u{ab} c'\u{e9}tait \u{bb} qu'on disait\u{a0}!",
    "\u{bf}D\u{f3}nde est\u{e1} el ni\u{f1}o? \u{a1}All\u{ed}!",
    "\u{17b}\u{f3}\u{142}w b\u{142}\u{105}dzi w\u{15b}r\u{f3}d \u{17a}r\u{f3}de\u{142}; p\u{159}\u{ed}li\u{161} \u{17e}lu\u{165}ou\u{10d}k\u{fd} k\u{16f}\u{148}.",
    "Istanbul'da \u{130}\u{131}\u{11f}\u{15f} g\u{fc}zel, iyi ak\u{15f}amlar.",
    "H\u{f4}m nay tr\u{1edd}i \u{111}\u{1eb9}p qu\u{e1}, c\u{1ea3}m \u{1a1}n b\u{1ea1}n.",
    "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43a}\u{430}\u{43a} \u{434}\u{435}\u{43b}\u{430}? \u{421}\u{44a}\u{435}\u{448}\u{44c} \u{435}\u{449}\u{451}.",
    "\u{39a}\u{3b1}\u{3bb}\u{3b7}\u{3bc}\u{3ad}\u{3c1}\u{3b1} \u{3ba}\u{3cc}\u{3c3}\u{3bc}\u{3b5}, \u{3c4}\u{3af} \u{3ba}\u{3ac}\u{3bd}\u{3b5}\u{3b9}\u{3c2};",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}, \u{5de}\u{5d4} \u{5e9}\u{5dc}\u{5d5}\u{5de}\u{5da}?",
    "\u{645}\u{631}\u{62d}\u{628}\u{627} \u{628}\u{627}\u{644}\u{639}\u{627}\u{644}\u{645}\u{60c} \u{643}\u{64a}\u{641} \u{627}\u{644}\u{62d}\u{627}\u{644}\u{61f} \u{661}\u{662}\u{663}",
    "\u{6af}\u{64f}\u{644}\u{200c}\u{647}\u{627} \u{632}\u{6cc}\u{628}\u{627} \u{6f1}\u{6f2}",
    "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947} \u{926}\u{941}\u{928}\u{93f}\u{92f}\u{93e}\u{964} \u{967}\u{968}\u{969}",
    "\u{9ac}\u{9be}\u{982}\u{9b2}\u{9be} \u{9ad}\u{9be}\u{9b7}\u{9be}",
    "\u{ba4}\u{bae}\u{bbf}\u{bb4}\u{bcd} \u{bae}\u{bca}\u{bb4}\u{bbf}",
    "\u{e2a}\u{e27}\u{e31}\u{e2a}\u{e14}\u{e35}\u{e0a}\u{e32}\u{e27}\u{e42}\u{e25}\u{e01} \u{e51}\u{e52}\u{e53}",
    "\u{4f60}\u{597d}\u{ff0c}\u{4e16}\u{754c}\u{3002}\u{4eca}\u{5929}\u{662f}2024\u{5e74}11\u{6708}21\u{65e5}\u{3002}",
    "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{30c6}\u{30ad}\u{30b9}\u{30c8}\u{3001}\u{ff21}\u{ff22}\u{ff23}\u{3000}\u{ff11}\u{ff12}\u{ff13}",
    "\u{d55c}\u{ad6d}\u{c5b4} \u{bb38}\u{c7a5}\u{c785}\u{b2c8}\u{b2e4}. \u{1112}\u{1161}\u{11ab}",
    "\u{10d2}\u{10d0}\u{10db}\u{10d0}\u{10e0}\u{10ef}\u{10dd}\u{10d1}\u{10d0} \u{531}\u{580}\u{565}\u{582}",
    "\u{12a0}\u{121b}\u{122d}\u{129b} \u{134}\u{1208}\u{121d} \u{1200}\u{1369}\u{136a}",
    "def f(x: int) -> str:\n    \"\"\"Doc.\"\"\"\n    return f\"{x:>10}\"  # ok\n\n\nclass A(B):\n\tpass\n",
    "for (int i = 0; i < n; ++i) { a[i] += b[i] & 0xFF; }\r\n#include <vector>\r\n",
    "fn main() { let x: &'static str = \"a\\n\"; println!(\"{x:?}\"); }",
    "SELECT * FROM t WHERE a >= 'b' AND c != 1e-10; -- comment",
    "<div class=\"a\" id='b'>&amp; &lt;p&gt;</div><!-- x -->",
    "{\"a\": [1, 2.5, -3e8, null], \"b\": {\"c\": \"\\u00e9\"}}",
    "https://example.org/a/b?c=d&e=%20f#g user@example.com C:\\Users\\x ~/.bashrc",
    "\u{2211}\u{1d457} \u{222b}\u{2080}\u{221e} e^{-x\u{b2}} dx = \u{221a}\u{3c0}/2 \u{2264} \u{2102} \u{1d4d0}\u{1d4ea} \u{1f130} \u{fb01}",
];

const SPECIALS: [&str; 40] = [
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|im_start|>user\n",
    "<|im_end|>\n<|im_start|>assistant\n",
    "<repo_name>",
    "<file_sep>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<unk>",
    "<mask>",
    "<start_of_turn>",
    "<end_of_turn>\n",
    "<start_of_image>",
    "<unused0>",
    "<unused12>",
    "<unused6241>",
    "[multimodal]",
    "<s>",
    "</s>",
    "<0x0A>",
    "<0xE2>",
    "<table>",
    "</table>",
    "<h1>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<|vision_start|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "[PAD151700]",
    "<|im_start",
    "|im_end|>",
    "<<|im_end|>>",
    "< |im_end| >",
    "<|IM_END|>",
];

const SPACES: [&str; 30] = [
    " ", "  ", "   ", "    ", "        ", "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r\n", "\r\n\r\n", "\r", "\u{b}",
    "\u{c}", "\u{85}", "\u{a0}", "\u{1680}", "\u{2003}", "\u{2009}", "\u{2028}", "\u{2029}", "\u{202f}", "\u{205f}",
    "\u{3000}", "\u{200b}", "\u{2060}", "\u{feff}", "\u{2581}", "\u{1c}",
];

const EMOJI: [&str; 20] = [
    "\u{1f600}",
    "\u{1f44d}\u{1f3fd}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}",
    "\u{1f1eb}\u{1f1f7}",
    "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
    "\u{2764}\u{fe0f}",
    "1\u{fe0f}\u{20e3}",
    "\u{1f9d1}\u{1f3ff}\u{200d}\u{1f4bb}",
    "\u{263a}",
    "\u{2603}\u{fe0e}",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{200d}",
    "\u{fe0f}",
    "\u{1faf6}",
    "\u{1f469}\u{200d}\u{2764}\u{fe0f}\u{200d}\u{1f48b}\u{200d}\u{1f468}",
    "\u{270d}\u{1f3fb}",
    "\u{1f5e8}",
    "\u{2b50}",
    "\u{00a9}",
    "\u{1f6d7}",
];

/// First and last code points of digits and other numbers.
const DIGITS: [(u32, u32); 24] = [
    (0x30, 0x39),
    (0x30, 0x39),
    (0x30, 0x39),
    (0xB2, 0xB3),
    (0xBC, 0xBE),
    (0x660, 0x669),
    (0x6F0, 0x6F9),
    (0x7C0, 0x7C9),
    (0x966, 0x96F),
    (0x9E6, 0x9EF),
    (0xBE6, 0xBF2),
    (0xE50, 0xE59),
    (0xF20, 0xF33),
    (0x1040, 0x1049),
    (0x1369, 0x137C),
    (0x17E0, 0x17E9),
    (0x2070, 0x2079),
    (0x2150, 0x2188),
    (0x2460, 0x249B),
    (0x3021, 0x3029),
    (0xFF10, 0xFF19),
    (0x10D30, 0x10D49),
    (0x1D7CE, 0x1D7FF),
    (0x1F100, 0x1F10C),
];

/// Marks that combine with the character before them, and signs without a glyph.
const MARKS: [(u32, u32); 12] = [
    (0x300, 0x36F),
    (0x483, 0x489),
    (0x591, 0x5BD),
    (0x64B, 0x65F),
    (0x93E, 0x94D),
    (0xE31, 0xE4E),
    (0x1AB0, 0x1ACE),
    (0x20D0, 0x20F0),
    (0xFE00, 0xFE0F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0xE0100, 0xE01EF),
];

/// Valid code points that look wrong: unassigned, private, last of a plane, noncharacters, newer than Unicode 15.1.
const ODD: [(u32, u32); 14] = [
    (0xFFF0, 0xFFFF),
    (0xFDD0, 0xFDEF),
    (0xE000, 0xE0FF),
    (0xD7FB, 0xD7FF),
    (0x10FFF0, 0x10FFFF),
    (0x1FFFE, 0x1FFFF),
    (0x378, 0x379),
    (0xF0000, 0xF00FF),
    (0x80, 0x9F),
    (0x0, 0x1F),
    (0x7F, 0x7F),
    (0x10D40, 0x10D8F),
    (0x1C89, 0x1C8A),
    (0x323B0, 0x3247F),
];

fn push_from(random: &mut Random, ranges: &[(u32, u32)], out: &mut String) {
    let (first, last) = ranges[random.below(ranges.len())];
    out.push(random.char_in(first, last));
}

/// A part of a sentence, or the whole sentence.
fn push_sentence(random: &mut Random, out: &mut String) {
    let chars: Vec<char> = random.pick(&SENTENCES).chars().collect();
    let (a, b) = (random.below(chars.len()), random.below(chars.len()));
    match random.below(3) {
        0 => out.extend(&chars),
        _ => out.extend(&chars[a.min(b)..=a.max(b)]),
    }
}

/// One random piece of a text.
fn push_piece(random: &mut Random, sort: usize, out: &mut String) {
    match sort {
        0..=5 => push_sentence(random, out),
        6 | 7 => out.push_str(random.pick(&SPECIALS)),
        8 | 9 => (0..=random.below(4)).for_each(|_| out.push_str(random.pick(&SPACES))),
        10 => (0..=random.below(3)).for_each(|_| out.push_str(random.pick(&EMOJI))),
        11 => (0..=random.below(12)).for_each(|_| push_from(random, &DIGITS, out)),
        12 => {
            out.push(random.char_in(0x41, 0x7A));
            (0..=random.below(5)).for_each(|_| push_from(random, &MARKS, out));
        }
        13 => (0..=random.below(4)).for_each(|_| push_from(random, &ODD, out)),
        14 => (0..=random.below(30)).for_each(|_| out.push(random.char_in(0x20, 0x7E))),
        15 => (0..=random.below(8)).for_each(|_| out.push(random.char_in(0xA0, 0xFFFF))),
        16 => (0..=random.below(4)).for_each(|_| out.push(random.char_in(0x1_0000, 0x10_FFFF))),
        17 => out.push_str(random.pick(&[
            "'s",
            "'S",
            "'re",
            "'RE",
            "'ll",
            "'x",
            "'",
            "''",
            "'\u{17f}",
            " '",
            "'D",
            "\u{2019}s",
        ])),
        _ => {
            // A long run.
            let unit = match random.below(5) {
                0 => random.pick(&SPACES).to_owned(),
                1 => random.pick(&EMOJI).to_owned(),
                2 => random.pick(&SPECIALS).to_owned(),
                _ => random.char_in(0x20, 0x7E).to_string(),
            };
            out.push_str(&unit.repeat(1 + random.below(90)));
        }
    }
}

/// The texts.
pub(crate) fn strings() -> Vec<String> {
    let mut random = Random(0x5EED);
    let mut all: Vec<String> = vec![String::new()];
    all.extend((1..=3).flat_map(|times| SPACES.iter().map(move |space| space.repeat(times))));
    all.extend(SENTENCES.iter().chain(&SPECIALS).chain(&EMOJI).map(|text| (*text).to_owned()));
    // Runs longer than any token, up to a few thousand characters.
    for text in ["a", " ", "\n", "=", "ab", "\u{4f60}", "\u{1f600}", "0", "\r\n", "<|im_end|>", " \n", "\u{301}"] {
        all.extend([33, 257, 3000].map(|times| text.repeat(times)));
    }
    while all.len() < NUM_STRINGS {
        let mut text = String::new();
        // Some texts are of one sort, most mix them.
        let only = Some(random.below(19)).filter(|_| random.below(4) == 0);
        for _ in 0..=random.below(9) {
            let sort = only.unwrap_or_else(|| random.below(19));
            push_piece(&mut random, sort, &mut text);
        }
        all.push(text);
    }
    all
}

/// FNV-1a over 64 bits (Fowler, Noll, Vo).
pub(crate) fn digest(bytes: impl IntoIterator<Item = u8>) -> String {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    format!("{:016x}", bytes.into_iter().fold(0xCBF2_9CE4_8422_2325, mix))
}
