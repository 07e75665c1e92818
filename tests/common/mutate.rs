//! Damages valid files: changes their parts (counts, types, shapes, names, values) and their bytes.

use serde_json::{Value, json};

use super::adapter::SafetensorsFile;
use super::gguf::{GgufFile, Meta};

/// Maximum length of an input in bytes.
pub(crate) const MAX_INPUT_BYTES: usize = 8 << 10;

/// A random number generator (SplitMix64: Steele, Lea and Flood 2014).
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if `limit` is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).expect("below a usize")
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A number that often reveals bugs: near zero, a power of two or the end of an integer type.
    fn edge(&mut self) -> u64 {
        let near = 1u64 << self.below(64);
        match self.below(6) {
            0 => self.below(4) as u64,
            1 => near,
            2 => near.wrapping_sub(1),
            3 => near.wrapping_neg(),
            4 => self.below(300) as u64,
            _ => self.next(),
        }
    }

    fn name(&mut self) -> String {
        const NAMES: [&str; 12] = [
            "",
            "a",
            "blk.0.attn_q.weight",
            "blk.00.attn_q.weight",
            "blk.511.attn_q.weight",
            "output.weight",
            "rope_freqs.weight",
            "token_embd.weight",
            "general.alignment",
            "__metadata__",
            "direction.1",
            "é\u{0}\u{FFFF}",
        ];
        (*self.pick(&NAMES).expect("some")).to_owned()
    }
}

/// Changes some bytes: single ones, whole numbers, runs removed, repeated, or taken from another file.
pub(crate) fn bytes(random: &mut Random, bytes: &mut Vec<u8>, donor: &[u8]) {
    // The front, which holds the headers, is changed more often than the weights after it.
    let span = if random.below(3) > 0 { bytes.len().min(2048) } else { bytes.len() };
    let at = random.below(span);
    let most = 1 << random.below(10);
    let len = (1 + random.below(most)).min(bytes.len() - at.min(bytes.len()));
    let end = at + len;
    match random.below(9) {
        0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
        1 if !bytes.is_empty() => bytes[at] = random.byte(),
        2 => {
            let number = random.edge().to_le_bytes();
            let width = [2, 4, 8][random.below(3)];
            let end = (at + width).min(bytes.len());
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
        3 => drop(bytes.drain(at..end)),
        4 => {
            let run = bytes[at..end].to_vec();
            bytes.splice(at..at, run);
        }
        5 => bytes.truncate(at),
        6 => {
            let from = random.below(donor.len());
            let to = (from + len).min(donor.len());
            bytes.splice(at..end, donor[from..to].iter().copied());
        }
        7 => {
            let other = random.below(bytes.len());
            if !bytes.is_empty() {
                bytes.swap(at, other);
            }
        }
        _ => {
            let fill = [0, 0xFF, b'[', b'{', random.byte()][random.below(5)];
            bytes[at..end].fill(fill);
        }
    }
    bytes.truncate(MAX_INPUT_BYTES);
}

/// Changes one part of a GGUF file.
pub(crate) fn gguf(random: &mut Random, file: &mut GgufFile, donor: &GgufFile) {
    let (key, tensor) = (random.below(file.metadata.len()), random.below(file.tensors.len()));
    let (num_keys, num_tensors) = (file.metadata.len(), file.tensors.len());
    match random.below(16) {
        0 if num_keys > 0 => drop(file.metadata.remove(key)),
        1 if num_keys > 0 => file.metadata[key].1 = meta(random),
        2 if num_keys > 0 => file.metadata[key].0 = random.name(),
        3 if num_keys > 0 => {
            let other = random.below(num_keys);
            file.metadata[key].1 = file.metadata[other].1.clone();
        }
        4 | 5 if num_keys > 0 => change(random, &mut file.metadata[key].1),
        6 => {
            if let Some(entry) = random.pick(&donor.metadata) {
                file.set(&entry.0, entry.1.clone());
            }
        }
        7 if num_tensors > 0 => drop(file.tensors.remove(tensor)),
        8 if num_tensors > 0 => {
            let shape = &mut file.tensors[tensor].1;
            let at = random.below(shape.len());
            if let Some(n) = shape.get_mut(at) {
                *n = random.edge();
            }
        }
        9 if num_tensors > 0 => {
            let dimensions = random.below(7);
            file.tensors[tensor].1 = (0..dimensions).map(|_| random.edge() % 70).collect();
        }
        10 if num_tensors > 0 => file.tensors[tensor].2 = u32::try_from(random.below(45)).expect("small"),
        11 if num_tensors > 0 => {
            let other = file.tensors[random.below(num_tensors)].0.clone();
            file.tensors[tensor].0 = if random.below(2) == 0 { other } else { random.name() };
        }
        12 if num_tensors > 0 => file.tensors[tensor].1.reverse(),
        13 if num_tensors > 0 => {
            let len = random.below(2 * file.tensors[tensor].3.len());
            file.tensors[tensor].3.resize(len, 0x7F);
        }
        14 => {
            if let Some(other) = random.pick(&donor.tensors) {
                file.tensors.push(other.clone());
            }
        }
        _ if num_tensors > 0 => {
            let other = random.below(num_tensors);
            file.tensors.swap(tensor, other);
        }
        _ => {}
    }
}

/// A value of any type.
fn meta(random: &mut Random) -> Meta {
    let number = random.edge();
    match random.below(9) {
        7 => Meta::Bool(true),
        8 => Meta::Floats((0..random.below(50)).map(|i| i as f32 - 9.0).collect()),
        0 => Meta::U32(u32::try_from(number & 0xFFFF_FFFF).expect("32 bits")),
        1 => Meta::F32(f32::from_bits(u32::try_from(number & 0xFFFF_FFFF).expect("32 bits"))),
        2 => Meta::Text(random.name()),
        3 => Meta::Texts((0..random.below(50)).map(|_| random.name()).collect()),
        4 => Meta::Ints(
            (0..random.below(50)).map(|_| i32::try_from(random.edge() & 0x7FFF_FFFF).expect("31 bits")).collect(),
        ),
        5 => Meta::Raw(u32::try_from(random.below(14)).expect("small"), number.to_le_bytes().to_vec()),
        // A list of any type, with a length that its bytes cannot hold.
        _ => {
            let kind = u32::try_from(random.below(14)).expect("small").to_le_bytes();
            Meta::Raw(9, [kind.as_slice(), &number.to_le_bytes(), &[0; 16]].concat())
        }
    }
}

/// Changes a value and keeps its type.
fn change(random: &mut Random, value: &mut Meta) {
    match value {
        Meta::U32(x) => *x = u32::try_from(random.edge() & 0xFFFF_FFFF).expect("32 bits"),
        Meta::F32(x) => *x = [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-38, 3e38, 1.0][random.below(7)],
        Meta::Text(text) => {
            let mut raw = std::mem::take(text).into_bytes();
            bytes(
                random,
                &mut raw,
                b"{% for i in range(99999) %}{{ x }}{% endfor %}{% macro m() %}{{ m() }}{% endmacro %}",
            );
            *text = String::from_utf8_lossy(&raw).into_owned();
        }
        Meta::Texts(list) => {
            let (at, other) = (random.below(list.len()), random.below(list.len()));
            match random.below(4) {
                _ if list.is_empty() => {}
                0 => drop(list.remove(at)),
                1 => list[at] = list[other].clone(),
                2 => list[at] = random.name(),
                _ => list[at].push_str(" ▁é"),
            }
        }
        Meta::Ints(list) => {
            let at = random.below(list.len());
            if let Some(x) = list.get_mut(at) {
                *x = i32::try_from(random.edge() & 0x7FFF_FFFF).expect("31 bits").wrapping_neg();
            }
        }
        Meta::Floats(list) => {
            let at = random.below(list.len());
            if let Some(x) = list.get_mut(at) {
                *x = [f32::NAN, f32::NEG_INFINITY, -0.0, 3e38][random.below(4)];
            }
        }
        Meta::Bool(flag) => *flag = !*flag,
        Meta::Raw(kind, _) => *kind = u32::try_from(random.below(14)).expect("small"),
    }
}

/// Changes one part of a safetensors file.
pub(crate) fn safetensors(random: &mut Random, file: &mut SafetensorsFile, donor: &SafetensorsFile) {
    let at = random.below(file.tensors.len());
    let num_tensors = file.tensors.len();
    match random.below(7) {
        _ if num_tensors == 0 => {}
        0 => drop(file.tensors.remove(at)),
        1 => {
            let dimension = random.below(file.tensors[at].2.len());
            if let Some(n) = file.tensors[at].2.get_mut(dimension) {
                *n = random.edge();
            }
        }
        2 => file.tensors[at].1 = (*random.pick(&["F16", "BF16", "F64", "I8", "", "f32"]).expect("some")).to_owned(),
        3 => {
            let len = random.below(2 * file.tensors[at].3.len());
            file.tensors[at].3.resize(len, 0x40);
        }
        4 => bytes(random, &mut file.tensors[at].3, &[0xFF; 8]),
        5 => {
            let mut name = std::mem::take(&mut file.tensors[at].0).into_bytes();
            bytes(random, &mut name, b"model.layers.18446744073709551616.mlp.up_proj.lora_A.default.weight");
            file.tensors[at].0 = String::from_utf8_lossy(&name).into_owned();
        }
        _ => file.tensors.extend(random.pick(&donor.tensors).cloned()),
    }
}

/// Changes one value of a JSON object.
pub(crate) fn config(random: &mut Random, config: &mut Value) {
    let deep = (0..random.below(300)).fold(json!(1), |inner, _| json!([inner]));
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1e308),
        json!(random.next()),
        json!("LORA"),
        json!({"a": 1}),
        deep,
    ];
    let Some(keys) = config.as_object_mut() else { return };
    let at = random.below(keys.len());
    let key = keys.keys().nth(at).cloned().unwrap_or_default();
    match random.below(4) {
        0 => drop(keys.remove(&key)),
        1 => drop(keys.insert(random.name(), values[random.below(values.len())].clone())),
        _ => drop(keys.insert(key, values[random.below(values.len())].clone())),
    }
}

/// Overwrites one number of a written GGUF file: a count, the length of a name or list, a type, a dimension, an offset.
pub(crate) fn gguf_number(random: &mut Random, file: &GgufFile, bytes: &mut [u8]) {
    let names: Vec<(&str, usize)> = file
        .metadata
        .iter()
        .map(|(key, _)| (key.as_str(), 0))
        .chain(file.tensors.iter().map(|(name, shape, ..)| (name.as_str(), shape.len())))
        .collect();
    let Some(&(name, dimensions)) = random.pick(&names) else { return };
    let Some(start) = bytes.windows(name.len().max(1)).position(|window| window == name.as_bytes()) else { return };
    let end = start + name.len();
    // The positions and widths of the numbers: version and counts, the name's length, then a value's type, a list's
    // type and length, or a tensor's number of dimensions, dimensions, type and offset.
    let shape = end + 4 + 8 * random.below(dimensions + 1);
    let after = end + 4 + 8 * dimensions;
    let places = [
        (4, 4),
        (8, 8),
        (16, 8),
        (start.saturating_sub(8), 8),
        (end, 4),
        (end + 4, 4),
        (end + 8, 8),
        (shape, 8),
        (after, 4),
        (after + 4, 8),
        (after + 4, 8),
    ];
    let (at, width) = places[random.below(places.len())];
    // Offsets stay multiples of the alignment; otherwise the file would be refused only for that.
    let number = if random.below(2) == 0 { random.edge() } else { random.edge() & !31 };
    if let Some(place) = bytes.get_mut(at..at + width) {
        place.copy_from_slice(&number.to_le_bytes()[..width]);
    }
}

/// Changes one value in the header of a written safetensors file, and keeps the header's length correct.
pub(crate) fn safetensors_value(random: &mut Random, bytes: &mut Vec<u8>) {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else { return };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let Some((header, data)) = rest.split_at_checked(length) else { return };
    let Ok(mut header) = serde_json::from_slice::<Value>(header) else { return };
    let near = [json!(random.edge()), json!(-1), json!(0.5), json!("F32"), json!([]), json!(random.below(2000))];
    let new = near[random.below(near.len())].clone();
    let mut value = &mut header;
    // Descend to a leaf, or stop earlier.
    while random.below(8) > 0 {
        let len = value.as_object().map_or_else(|| value.as_array().map_or(0, Vec::len), serde_json::Map::len);
        if len == 0 {
            break;
        }
        let at = random.below(len);
        value = match value {
            Value::Array(list) => &mut list[at],
            Value::Object(map) => map.values_mut().nth(at).expect("below its length"),
            _ => break,
        };
    }
    *value = new;
    let header = header.to_string();
    *bytes = [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), data].concat();
    bytes.truncate(MAX_INPUT_BYTES);
}
