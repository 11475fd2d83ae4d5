//! A ZIP archive whose members are compressed while they are written: nobody knows their lengths before they end, so these
//! stand behind each member (APPNOTE 6.3.10, 4.3.9) and in the directory.

use std::io::Write as _;

use bytes::BufMut as _;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use jiff::civil::DateTime;

const LOCAL: u32 = 0x0403_4b50;
const BEHIND: u32 = 0x0807_4b50;
const RECORD: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 of the format: compressed members.
const VERSION: u16 = 20;
/// Bit 3: the lengths stand behind the member. Bit 11: its name is UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATED: u16 = 8;
/// Level: rows of figures shrink to a tenth at the lowest, and more of it would cost more time than it saves on the way.
const LEVEL: u32 = 2;

/// A member that ended.
#[derive(Debug)]
struct Ended {
    name: String,
    crc32: u32,
    packed: u64,
    size: u64,
    header: u64,
}

/// A member that is being written.
#[derive(Debug)]
struct Open {
    name: String,
    header: u64,
    encoder: DeflateEncoder<Vec<u8>>,
    crc: Crc,
    packed: u64,
}

/// An archive that is being written.
#[derive(Debug)]
pub(super) struct Flow {
    date: u16,
    time: u16,
    out: Vec<u8>,
    /// Bytes that were taken already.
    taken: u64,
    open: Option<Open>,
    ended: Vec<Ended>,
}

impl Flow {
    /// An archive whose members bear this time.
    pub fn new(at: DateTime) -> Self {
        let year = at.year().clamp(1980, 2107) as u16 - 1980;
        let date = year << 9 | (at.month() as u16) << 5 | at.day() as u16;
        let time = (at.hour() as u16) << 11 | (at.minute() as u16) << 5 | (at.second() as u16 / 2);
        Self { date, time, out: Vec::new(), taken: 0, open: None, ended: Vec::new() }
    }

    fn common(&mut self) {
        self.out.put_u16_le(VERSION);
        self.out.put_u16_le(FLAGS);
        self.out.put_u16_le(DEFLATED);
        self.out.put_u16_le(self.time);
        self.out.put_u16_le(self.date);
    }

    /// Begins a member. The one before must have ended.
    pub fn begin(&mut self, name: &str) {
        let header = self.taken + self.out.len() as u64;
        self.out.put_u32_le(LOCAL);
        self.common();
        self.out.put_bytes(0, 12); // they stand behind it
        self.out.put_u16_le(name.len() as u16);
        self.out.put_u16_le(0);
        self.out.put_slice(name.as_bytes());
        let encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
        self.open = Some(Open { name: name.to_owned(), header, encoder, crc: Crc::new(), packed: 0 });
    }

    /// Writes more of the member that is open, and empties the text.
    pub fn write(&mut self, text: &mut String) {
        self.bytes(text.as_bytes());
        text.clear();
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let Some(open) = &mut self.open else { return };
        open.crc.update(bytes);
        open.encoder.write_all(bytes).expect("memory takes every byte");
        let packed = open.encoder.get_mut();
        open.packed += packed.len() as u64;
        self.out.append(packed);
    }

    /// Bytes of the open member before they are compressed.
    pub fn written(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.encoder.total_in())
    }

    /// Ends the member that is open.
    pub fn end(&mut self) {
        let Some(open) = self.open.take() else { return };
        let size = open.encoder.total_in();
        let rest = open.encoder.finish().expect("memory takes every byte");
        let packed = open.packed + rest.len() as u64;
        self.out.extend_from_slice(&rest);
        let ended = Ended { name: open.name, crc32: open.crc.sum(), packed, size, header: open.header };
        self.out.put_u32_le(BEHIND);
        self.lengths(&ended);
        self.ended.push(ended);
    }

    fn lengths(&mut self, ended: &Ended) {
        self.out.put_u32_le(ended.crc32);
        self.out.put_u32_le(ended.packed as u32);
        self.out.put_u32_le(ended.size as u32);
    }

    /// Writes a whole member.
    pub fn member(&mut self, name: &str, content: &[u8]) {
        self.begin(name);
        self.bytes(content);
        self.end();
    }

    /// What is ready.
    pub fn take(&mut self) -> Vec<u8> {
        self.taken += self.out.len() as u64;
        std::mem::take(&mut self.out)
    }

    /// Bytes that are ready.
    pub fn ready(&self) -> usize {
        self.out.len()
    }

    /// Ends the archive with its directory.
    pub fn finish(mut self) -> Vec<u8> {
        let directory = self.taken + self.out.len() as u64;
        let ended = std::mem::take(&mut self.ended);
        for member in &ended {
            self.out.put_u32_le(RECORD);
            self.out.put_u16_le(VERSION);
            self.common();
            self.lengths(member);
            self.out.put_u16_le(member.name.len() as u16);
            self.out.put_bytes(0, 12); // no extra field, no comment, the first disk, no attributes
            self.out.put_u32_le(member.header as u32);
            self.out.put_slice(member.name.as_bytes());
        }
        let size = self.taken + self.out.len() as u64 - directory;
        self.out.put_u32_le(END);
        self.out.put_u32_le(0);
        self.out.put_u16_le(ended.len() as u16);
        self.out.put_u16_le(ended.len() as u16);
        self.out.put_u32_le(size as u32);
        self.out.put_u32_le(directory as u32);
        self.out.put_u16_le(0);
        self.take()
    }
}
