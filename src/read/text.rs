//! Bytes to text, and nothing that is not text.

use std::fs;
use std::io::Read;
use std::path::Path;

use super::error::ReadError;
use super::view::View;
use crate::source::Sources;

/// The most that is read of one file: far above any migration, far below what a text's offsets can address.
const MAX_BYTES: u64 = 128 << 20;
const _: () = assert!(MAX_BYTES as usize <= Sources::MAX_BYTES);

const UTF8_MARK: &str = "\u{feff}";

/// A text and whether a UTF-8 byte order mark stood before it. The mark is left out, so that columns count what an editor
/// shows.
#[derive(Debug)]
pub(super) struct Text {
    pub text: String,
    pub mark: bool,
}

/// Reads a file as UTF-8 text.
pub(super) fn read_text(view: &View, path: &Path) -> Result<Text, ReadError> {
    let instead = view.content(path).map_err(|source| ReadError::Unreadable { path: path.to_owned(), source })?;
    let bytes = instead.map_or_else(|| read_bytes(path), |bytes| Ok(bytes.to_vec()))?;
    decode(bytes, path)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let unreadable = |source| ReadError::Unreadable { path: path.to_owned(), source };
    // A pipe is found out before it is opened: opening it would wait for a writer.
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile { path: path.to_owned() });
    }
    let too_large = |bytes| ReadError::TooLarge { path: path.to_owned(), bytes, limit: MAX_BYTES };
    if metadata.len() > MAX_BYTES {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    // The size is the file's own word (it may be growing, or a kernel file): what is taken is bounded all the same.
    fs::File::open(path).map_err(unreadable)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// Checks that bytes are UTF-8 text.
pub(super) fn decode(bytes: Vec<u8>, shown: &Path) -> Result<Text, ReadError> {
    let path = || shown.to_owned();
    if let Some(encoding) = other_encoding(&bytes) {
        return Err(ReadError::Utf16 { path: path(), encoding });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
        ReadError::NotUtf8 { path: path(), line, offset }
    })?;
    if let Some(offset) = text.bytes().position(|byte| byte == 0) {
        return Err(ReadError::Binary { path: path(), offset });
    }
    match text.strip_prefix(UTF8_MARK) {
        Some(rest) => Ok(Text { text: rest.to_owned(), mark: true }),
        None => Ok(Text { text, mark: false }),
    }
}

/// The encoding that a byte order mark announces, other than UTF-8.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] => Some("UTF-32BE"),
        [0xff, 0xfe, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] => Some("UTF-16BE"),
        _ => None,
    }
}
