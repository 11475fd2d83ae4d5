//! One version of a box's result for one race, and its line: the canonical JSON whose bytes are hashed, kept and handed out.
//!
//! The line is strict where it is read, so that one content has one spelling: fields stand in a fixed order, absent ones are
//! left out, and what is not known is refused rather than dropped.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{BoxId, Digest, Figures, Race};

mod json;
mod parse;
#[cfg(test)]
mod tests;

pub use parse::BadResult;

/// Bytes that a line has at most. A sheet with a hundred choices and a long reason has about 5 kB.
pub const LONGEST_LINE: usize = 16 << 10;

/// The largest figure that a line may hold: what SEÇSİS's own fields hold.
pub const LARGEST: u32 = i32::MAX as u32;

/// One version of a box's result for one race. Box, race and version together are its identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoxResult {
    /// The box, as the line names it; a registry may spell it differently (`Election::box_id`).
    pub box_id: BoxId,
    /// The race.
    pub race: Race,
    /// SEÇSİS's version, from 1. The highest one counts, whenever it comes.
    pub version: u32,
    /// Whether this version takes the result back. Figures beside it are kept as they were sent and count nowhere.
    pub void: bool,
    /// Why there is another version.
    pub reason: Option<ChangeReason>,
    /// When it was typed.
    pub typed_at: Option<Timestamp>,
    /// How many times the box was counted.
    pub counts: Option<u32>,
    /// The figures.
    pub figures: Figures,
}

/// Why there is another version: a code of the election's table, a text, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChangeReason {
    /// SEÇSİS's code; the election's settings say what it means.
    pub code: Option<u16>,
    /// As somebody wrote it: one line of letters that can all be seen.
    pub text: Option<String>,
}

impl BoxResult {
    /// Reads one line, in whatever order its fields stand.
    ///
    /// # Errors
    /// When it is not exactly a result; the sentence is for election users.
    pub fn parse(line: &str) -> Result<Self, BadResult> {
        parse::line(line)
    }

    /// The canonical line, without a line break. These bytes are hashed.
    pub fn line(&self) -> String {
        let mut line = String::with_capacity(320);
        // Writing into a string does not fail.
        let _ = self.write(&mut line);
        line
    }

    /// The digest of the canonical line.
    pub fn digest(&self) -> Digest {
        Digest::of(self.line().as_bytes())
    }

    /// Whether another version came without a word why.
    pub fn lacks_a_reason(&self) -> bool {
        (self.version > 1 || self.void) && self.reason.is_none()
    }

    fn write(&self, line: &mut String) -> std::fmt::Result {
        // A box id of seven digits is SEÇSİS's number; any other one is a name.
        let id = self.box_id.as_str();
        let number = BoxId::numeric(id).is_ok_and(|number| number == self.box_id);
        match id.parse::<u32>() {
            Ok(id) if number => write!(line, "{{\"box\":{id}")?,
            _ => write!(line, "{{\"box\":\"{id}\"")?,
        }
        write!(line, ",\"race\":{},\"version\":{}", self.race.code(), self.version)?;
        if self.void {
            line.push_str(",\"void\":true");
        }
        if let Some(reason) = &self.reason {
            line.push_str(",\"reason\":{");
            if let Some(code) = reason.code {
                write!(line, "\"code\":{code}")?;
            }
            if let Some(text) = &reason.text {
                let comma = if reason.code.is_some() { "," } else { "" };
                let text = serde_json::to_string(text).expect("a text is JSON");
                write!(line, "{comma}\"text\":{text}")?;
            }
            line.push('}');
        }
        if let Some(at) = self.typed_at {
            write!(line, ",\"typed_at\":\"{at}\"")?;
        }
        if let Some(counts) = self.counts {
            write!(line, ",\"counts\":{counts}")?;
        }
        for (name, figure) in self.figures.named() {
            if let Some(figure) = figure {
                write!(line, ",\"{name}\":{figure}")?;
            }
        }
        numbered(line, "sheet", &self.figures.sheet)?;
        numbered(line, "votes", &self.figures.votes)?;
        line.push('}');
        Ok(())
    }
}

fn numbered<K: std::fmt::Display>(
    line: &mut String,
    name: &str,
    figures: &std::collections::BTreeMap<K, u32>,
) -> std::fmt::Result {
    if figures.is_empty() {
        return Ok(());
    }
    write!(line, ",\"{name}\":{{")?;
    for (at, (no, figure)) in figures.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        write!(line, "{comma}\"{no}\":{figure}")?;
    }
    line.push('}');
    Ok(())
}
