//! The layout of a stored ZIP: from what is known of its members to its length and to any range of its bytes. Pure.
//!
//! The same members give the same bytes on every machine and in every year. It must never see a member's content: parts
//! of members are named, and whoever sends the archive puts them in.
//!
//! Format: PKWARE's APPNOTE 6.3.10, method 0 (stored), names in UTF-8, ZIP64 only where a number does not fit. Every
//! length is known beforehand, so there are no data descriptors, and readers that stream can read it.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// One file of an archive, as far as the layout needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the archive, with `/` between directories.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// CRC-32 (IEEE) of its bytes.
    pub crc32: u32,
    /// When it was last changed.
    pub modified: Timestamp,
}

/// A run of an archive's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// These very bytes: headers and the directory.
    Literal(Bytes),
    /// A part of a member's content.
    Part {
        /// Which member, counted from 0.
        member: usize,
        /// Which of its bytes.
        range: Range<u64>,
    },
}

impl Segment {
    /// Its bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Literal(bytes) => bytes.len() as u64,
            Self::Part { range, .. } => range.end - range.start,
        }
    }

    /// Whether it has none. The segments of a range always have some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why members make no archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMember {
    /// A name that no ZIP can hold.
    #[error("a member's name must have 1 to {NAME_LIMIT} bytes; this one has {0}")]
    Name(usize),
    /// Together they are larger than any file can be.
    #[error("the members have more than 2^62 bytes")]
    TooLarge,
}

/// Where the two parts of a member begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Offsets {
    /// Where the local header begins.
    header: u64,
    /// Where the record in the central directory begins, counted from the directory's beginning.
    record: u64,
}

/// Where everything lies in an archive. It holds its members' names and two numbers for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    members: Vec<Member>,
    offsets: Vec<Offsets>,
    directory: u64,
    directory_size: u64,
    end: Bytes,
}

/// Bytes of a name. The format has room for 65,535, of which the extra fields of other tools must leave some.
pub const NAME_LIMIT: usize = 32 * 1024;
/// Directory records given as one segment at most, so that a huge directory is never built as a whole.
const DIRECTORY_STEP: usize = 64 * 1024;

/// Bytes of all members. With as much again for the directory, every offset still fits 63 bits.
const LARGEST: u64 = 1 << 62;

const LOCAL: u32 = 0x0403_4b50;
const RECORD: u32 = 0x0201_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const END: u32 = 0x0605_4b50;
/// Version 4.5 of the format, made on Unix.
const MADE_BY: u16 = 0x0300 | 45;
/// Bit 11: names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// A regular file that all may read and nobody changes, as Unix's mode in the upper half.
const READ_ONLY_FILE: u32 = 0o100_444 << 16;
/// The values that say "look into the ZIP64 field". A number as large as these does not fit either.
const FULL_32: u64 = u32::MAX as u64;
const FULL_16: u64 = u16::MAX as u64;

impl Layout {
    /// Lays members out one after another, in their order.
    pub fn new(members: Vec<Member>) -> Result<Self, BadMember> {
        let mut offsets = Vec::with_capacity(members.len());
        let (mut header, mut record) = (0_u64, 0_u64);
        for member in &members {
            if member.name.is_empty() || member.name.len() > NAME_LIMIT {
                return Err(BadMember::Name(member.name.len()));
            }
            offsets.push(Offsets { header, record });
            record += record_size(member, header);
            // Sizes may have come over a network.
            header = header.saturating_add(member.size).saturating_add(header_size(member));
            if header > LARGEST {
                return Err(BadMember::TooLarge);
            }
        }
        let end = end(members.len() as u64, header, record);
        Ok(Self { members, offsets, directory: header, directory_size: record, end })
    }

    /// Bytes of the whole archive.
    pub fn len(&self) -> u64 {
        self.directory + self.directory_size + self.end.len() as u64
    }

    /// Never: even an archive without members has an end record.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The members in their order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Where a member's content lies in the archive.
    pub fn data(&self, member: usize) -> Range<u64> {
        let from = self.offsets[member].header + header_size(&self.members[member]);
        from..from + self.members[member].size
    }

    /// The bytes `range` of the archive as segments, in order and without a gap. What lies past the end is left out.
    pub fn segments(&self, range: Range<u64>) -> impl Iterator<Item = Segment> + '_ {
        let mut at = range.start;
        std::iter::from_fn(move || {
            let segment = self.segment(at, range.end)?;
            at += segment.len();
            Some(segment)
        })
    }

    /// The segment that begins at `from` and ends at `to` or before. None where nothing is left. It needs no state, so a
    /// transfer can hold a layout and a number.
    pub fn segment(&self, from: u64, to: u64) -> Option<Segment> {
        let to = to.min(self.len());
        if from >= to {
            return None;
        }
        if from < self.directory {
            return Some(self.among_members(from, to));
        }
        let end = self.directory + self.directory_size;
        if from < end {
            return Some(Segment::Literal(self.directory_bytes(from - self.directory, to.min(end) - self.directory)));
        }
        Some(Segment::Literal(self.end.slice((from - end) as usize..(to - end) as usize)))
    }

    fn among_members(&self, from: u64, to: u64) -> Segment {
        // The last member that begins at or before `from`; the first begins at 0.
        let member = self.offsets.partition_point(|offset| offset.header <= from) - 1;
        let data = self.data(member);
        if from < data.start {
            let header = header(&self.members[member]);
            let within = |at: u64| (at - self.offsets[member].header) as usize;
            return Segment::Literal(header.slice(within(from)..within(to.min(data.start))));
        }
        Segment::Part { member, range: from - data.start..to.min(data.end) - data.start }
    }

    /// Bytes `from..to` of the directory, or the first part of them. `from` must lie before `to`.
    fn directory_bytes(&self, from: u64, to: u64) -> Bytes {
        let first = self.offsets.partition_point(|offset| offset.record <= from) - 1;
        let start = self.offsets[first].record;
        let mut records = BytesMut::new();
        for (member, offset) in self.members[first..].iter().zip(&self.offsets[first..]) {
            if offset.record >= to || records.len() >= DIRECTORY_STEP {
                break;
            }
            put_record(&mut records, member, offset.header);
        }
        let last = records.len().min((to - start) as usize);
        records.freeze().slice((from - start) as usize..last)
    }
}

fn too_large(size: u64) -> bool {
    size >= FULL_32
}

/// In a local header the field holds both sizes or is not there at all (APPNOTE 4.5.3).
fn header_size(member: &Member) -> u64 {
    let zip_64 = if too_large(member.size) { 4 + 16 } else { 0 };
    30 + member.name.len() as u64 + zip_64 + time_field_size(member)
}

fn record_size(member: &Member, offset: u64) -> u64 {
    46 + member.name.len() as u64 + zip_64_in_record(member, offset) + time_field_size(member)
}

/// In a record it holds only the numbers that did not fit.
fn zip_64_in_record(member: &Member, offset: u64) -> u64 {
    let numbers = if too_large(member.size) { 16 } else { 0 } + if too_large(offset) { 8 } else { 0 };
    if numbers == 0 { 0 } else { 4 + numbers }
}

fn header(member: &Member) -> Bytes {
    let mut out = BytesMut::with_capacity(header_size(member) as usize);
    let zip_64 = too_large(member.size);
    out.put_u32_le(LOCAL);
    put_common(&mut out, member, zip_64);
    out.put_u16_le((time_field_size(member) + if zip_64 { 20 } else { 0 }) as u16);
    out.put_slice(member.name.as_bytes());
    if zip_64 {
        out.put_u16_le(0x0001);
        out.put_u16_le(16);
        out.put_u64_le(member.size);
        out.put_u64_le(member.size);
    }
    put_time_field(&mut out, member);
    out.freeze()
}

fn put_record(out: &mut BytesMut, member: &Member, offset: u64) {
    let zip_64 = zip_64_in_record(member, offset);
    out.put_u32_le(RECORD);
    out.put_u16_le(MADE_BY);
    put_common(out, member, zip_64 > 0);
    out.put_u16_le((time_field_size(member) + zip_64) as u16);
    out.put_u16_le(0); // no comment
    out.put_u16_le(0); // on the first disk
    out.put_u16_le(0); // no claim that it is text
    out.put_u32_le(READ_ONLY_FILE);
    out.put_u32_le(offset.min(FULL_32) as u32);
    out.put_slice(member.name.as_bytes());
    if zip_64 > 0 {
        out.put_u16_le(0x0001);
        out.put_u16_le((zip_64 - 4) as u16);
        if too_large(member.size) {
            out.put_u64_le(member.size);
            out.put_u64_le(member.size);
        }
        if too_large(offset) {
            out.put_u64_le(offset);
        }
    }
    put_time_field(out, member);
}

/// The fields that a local header and a record share, from the version to the length of the name.
fn put_common(out: &mut BytesMut, member: &Member, zip_64: bool) {
    let (date, time) = dos(member.modified);
    let size = member.size.min(FULL_32) as u32;
    out.put_u16_le(if zip_64 { 45 } else { 20 });
    out.put_u16_le(UTF_8);
    out.put_u16_le(0); // stored
    out.put_u16_le(time);
    out.put_u16_le(date);
    out.put_u32_le(member.crc32);
    out.put_u32_le(size);
    out.put_u32_le(size);
    out.put_u16_le(member.name.len() as u16);
}

/// The records that end an archive of `count` members whose directory begins at `at` and has `size` bytes.
fn end(count: u64, at: u64, size: u64) -> Bytes {
    let mut out = BytesMut::with_capacity(98);
    if count >= FULL_16 || too_large(at) || too_large(size) {
        out.put_u32_le(END_64);
        out.put_u64_le(44); // bytes that follow
        out.put_u16_le(MADE_BY);
        out.put_u16_le(45);
        out.put_u32_le(0);
        out.put_u32_le(0);
        out.put_u64_le(count);
        out.put_u64_le(count);
        out.put_u64_le(size);
        out.put_u64_le(at);
        out.put_u32_le(LOCATOR_64);
        out.put_u32_le(0);
        out.put_u64_le(at + size);
        out.put_u32_le(1);
    }
    out.put_u32_le(END);
    out.put_u16_le(0);
    out.put_u16_le(0);
    out.put_u16_le(count.min(FULL_16) as u16);
    out.put_u16_le(count.min(FULL_16) as u16);
    out.put_u32_le(size.min(FULL_32) as u32);
    out.put_u32_le(at.min(FULL_32) as u32);
    out.put_u16_le(0); // no comment
    out.freeze()
}

/// Seconds since 1970 for the field 0x5455, where they fit its 32 bits.
fn unix_seconds(member: &Member) -> Option<i32> {
    i32::try_from(member.modified.as_second()).ok()
}

fn time_field_size(member: &Member) -> u64 {
    if unix_seconds(member).is_some() { 9 } else { 0 }
}

/// The time in UTC, which the older field cannot say.
fn put_time_field(out: &mut BytesMut, member: &Member) {
    let Some(seconds) = unix_seconds(member) else { return };
    out.put_u16_le(0x5455);
    out.put_u16_le(5);
    out.put_u8(1); // only the time of change
    out.put_i32_le(seconds);
}

/// Date and time of DOS, in steps of two seconds from 1980 to 2107. The format means the reader's own zone by it; ours is
/// UTC, so that the bytes are the same everywhere.
fn dos(time: Timestamp) -> (u16, u16) {
    let at = TimeZone::UTC.to_datetime(time);
    match u16::try_from(at.year()).unwrap_or(0) {
        year @ 1980..=2107 => {
            let date = ((year - 1980) << 9) | ((at.month() as u16) << 5) | at.day() as u16;
            let time = ((at.hour() as u16) << 11) | ((at.minute() as u16) << 5) | (at.second() as u16 / 2);
            (date, time)
        }
        ..1980 => ((1 << 5) | 1, 0),
        _ => ((127 << 9) | (12 << 5) | 31, (23 << 11) | (59 << 5) | 29),
    }
}

#[cfg(test)]
mod tests;
