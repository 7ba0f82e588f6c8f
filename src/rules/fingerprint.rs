//! What a finding is known by from one run to the next: baselines and the services that reports are uploaded to recognise it by
//! this. Lines may move, comments and layout may change, and it stays the same.

use super::Finding;
use crate::parse::{Lexis, normal_form};
use crate::replay::ParsedMigration;
use crate::source::{History, Sources};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// A finding's identity: its rule, its migration and what the marked statement says. 32 hexadecimal digits as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(Fingerprint).ok_or_else(|| "a fingerprint is 32 hexadecimal digits".to_owned())
    }
}

/// The fingerprints of findings, in their order. Findings that are alike in everything are told apart by how many came before.
pub fn fingerprints<'f>(
    sources: &Sources,
    history: &History,
    parsed: &[ParsedMigration],
    findings: impl IntoIterator<Item = &'f Finding>,
) -> Vec<Fingerprint> {
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let of = |finding: &Finding| {
        let migration = &history.migrations[finding.place.migration];
        let statement = finding.place.statement.and_then(|at| parsed[finding.place.migration].statements.get(at));
        let normal = |span| normal_form(sources.slice(span), &Lexis::POSTGRES);
        let (whole, marked) = (statement.map(|statement| normal(statement.span)), normal(finding.place.span));
        let parts = [finding.id(), &migration.version, &migration.name, whole.as_deref().unwrap_or_default(), &marked];
        let alike = hash(parts.into_iter());
        let before = seen.entry(alike).and_modify(|count| *count += 1).or_insert(0);
        Fingerprint(if *before == 0 { alike } else { hash([&*format!("{alike:x}"), &*before.to_string()].into_iter()) })
    };
    findings.into_iter().map(of).collect()
}

/// FNV-1a with 128 bits: the same on every machine and in every version, which the standard library's hashes do not promise.
fn hash<'t>(parts: impl Iterator<Item = &'t str>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.flat_map(|part| part.bytes().chain([0]));
    bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_for_ever() {
        let known = "029ab97d339eed1e15fd5da1f7083460";
        assert_eq!(Fingerprint(hash(["column-dropped", "0002", "drop_email"].into_iter())).to_string(), known);
        assert_eq!(known.parse::<Fingerprint>().map(|print| print.to_string()).as_deref(), Ok(known));
        assert!("xyz".parse::<Fingerprint>().is_err() && "+".repeat(32).parse::<Fingerprint>().is_err());
    }
}
