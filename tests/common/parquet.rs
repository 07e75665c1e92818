//! Writes Parquet files with pages of a few bytes that claim millions of values.

/// A column with one page.
pub(crate) struct Column {
    pub(crate) name: String,
    /// Parquet's number of the physical type: 0 boolean, 2 whole number of 64 bits, 6 text.
    pub(crate) kind: u8,
    /// Whether values may be missing. Then the page begins with levels.
    pub(crate) is_optional: bool,
    /// Parquet's number of the encoding.
    pub(crate) encoding: u8,
    /// Parquet's number of the compression: 0 none, 2 gzip.
    pub(crate) codec: u8,
    /// A dictionary page of plain values, and the number of these.
    pub(crate) dictionary: Option<(Vec<u8>, u64)>,
    /// The page, unpacked.
    pub(crate) page: Vec<u8>,
}

/// A number in groups of seven bits, lowest first.
pub(crate) fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).expect("seven bits"));
    bytes
}

/// A field of a Thrift struct: its number is `step` more than that of the field before.
fn field(step: u8, kind: u8, value: &[u8]) -> Vec<u8> {
    [&[step << 4 | kind], value].concat()
}

fn int(step: u8, value: u64) -> Vec<u8> {
    field(step, 6, &varint(value << 1))
}

fn text(step: u8, value: &str) -> Vec<u8> {
    field(step, 8, &[varint(value.len() as u64), value.as_bytes().to_vec()].concat())
}

fn structure(fields: &[Vec<u8>]) -> Vec<u8> {
    [fields.concat(), vec![0]].concat()
}

fn list(step: u8, items: &[Vec<u8>]) -> Vec<u8> {
    field(step, 9, &[vec![0xFC], varint(items.len() as u64), items.concat()].concat())
}

fn page(kind: u8, codec: u8, bytes: &[u8], about: Vec<u8>) -> Vec<u8> {
    let packed = if codec == 2 { super::archive::gzip(bytes) } else { bytes.to_vec() };
    let header = [int(1, u64::from(kind)), int(1, bytes.len() as u64), int(1, packed.len() as u64), about];
    [structure(&header), packed].concat()
}

/// A file with one row group of `num_rows` rows, and these columns. Each page claims `num_rows` values.
pub(crate) fn file(num_rows: u64, columns: &[Column]) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    let mut schema = vec![structure(&[text(4, "schema"), int(1, columns.len() as u64)])];
    let mut chunks = Vec::new();
    for column in columns {
        let dictionary_at = file.len() as u64;
        if let Some((bytes, num)) = &column.dictionary {
            let about = field(4, 12, &structure(&[int(1, *num), int(1, 0)]));
            file.extend(page(2, column.codec, bytes, about));
        }
        let at = file.len() as u64;
        let about = structure(&[int(1, num_rows), int(1, u64::from(column.encoding)), int(1, 3), int(1, 3)]);
        file.extend(page(0, column.codec, &column.page, field(2, 12, &about)));
        let num_bytes = file.len() as u64 - dictionary_at;
        let repetition = u64::from(column.is_optional);
        schema.push(structure(&[int(1, u64::from(column.kind)), int(2, repetition), text(1, &column.name)]));
        let mut meta = vec![
            int(1, u64::from(column.kind)),
            int(3, u64::from(column.codec)),
            int(1, num_rows),
            int(1, num_bytes),
            int(1, num_bytes),
            int(2, at),
        ];
        if column.dictionary.is_some() {
            meta.push(int(2, dictionary_at));
        }
        chunks.push(structure(&[int(2, at), field(1, 12, &structure(&meta))]));
    }
    let group = structure(&[list(1, &chunks), int(1, 0), int(1, num_rows)]);
    let footer = structure(&[int(1, 1), list(1, &schema), int(1, num_rows), list(1, &[group])]);
    file.extend(&footer);
    file.extend(u32::try_from(footer.len()).expect("small").to_le_bytes());
    file.extend(b"PAR1");
    file
}

/// `num` levels or numbers in a single run of `value`.
pub(crate) fn run(num: u64, value: u8) -> Vec<u8> {
    [varint(num << 1), vec![value]].concat()
}

/// `num` differences of zero. Each block of them takes two bytes.
pub(crate) fn zeros(num: u64) -> Vec<u8> {
    const BLOCK: u64 = 1 << 20;
    let header = [varint(BLOCK), varint(1), varint(num), varint(0)].concat();
    [header, vec![0; 2 * usize::try_from(num.div_ceil(BLOCK)).expect("few")]].concat()
}
