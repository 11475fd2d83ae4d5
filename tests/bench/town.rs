//! A small election for benches: one province with so many districts of one board, one mahalle and one box each, and as many
//! scans of a box as are asked for. It must stay this plain: what is measured is the service.

#![allow(dead_code, reason = "each bench asks for its part")]

use std::path::Path;

/// Writes the election's files into `dir`. Board `n` is `kurul-n` once it is added at place `kn`.
pub fn write_election(dir: &Path, boards: usize) {
    std::fs::create_dir_all(dir).unwrap();
    let election = "id = \"gece\"\nname = \"Gece\"\npolling_date = \"2024-03-31\"\ntime_zone = \"Europe/Istanbul\"\nraces = [9]\n\
                    [gates]\nparties_open = \"17:00\"\n[[code_rule]]\nprefix = \"10\"\nkind = \"sonuc\"\n";
    let mut places = "place_id,parent_id,level,code,name\n34,,il,34,İSTANBUL\n".to_owned();
    let mut boxes = "box_id,place_id,number,kind,races\n".to_owned();
    for n in 0..boards {
        places.push_str(&format!(
            "i{n},34,ilce,{n},İLÇE {n}\nk{n},i{n},kurul,1,İLÇE {n} 1. KURUL\nm{n},k{n},mahalle,1,MERKEZ MAH.\n"
        ));
        boxes.push_str(&format!("{n:07},m{n},1001,0,\n"));
    }
    for (name, text) in [("election.toml", election), ("places.csv", &places), ("boxes.csv", &boxes)] {
        std::fs::write(dir.join(name), text).unwrap();
    }
}

/// The same numbers at each run.
pub struct Dice(pub u64);

impl Dice {
    /// From 0 up to 1.
    pub fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Another scan of the same sheet: before the end a text chunk, with as much noise as it takes for so many bytes in all.
pub fn another(page: &[u8], number: u64, weight: usize) -> Vec<u8> {
    let mut text = format!("Comment\0{number} ").into_bytes();
    let mut dice = Dice(number + 1);
    let missing = weight.saturating_sub(page.len() + 12 + text.len());
    text.extend((0..missing).map(|_| b'a' + (dice.next() * 26.0) as u8));
    let covered = [b"tEXt".as_slice(), &text].concat();
    let (before, end) = page.split_at(page.len() - 12);
    let chunk =
        [&(text.len() as u32).to_be_bytes(), covered.as_slice(), &crc32fast::hash(&covered).to_be_bytes()].concat();
    [before, &chunk, end].concat()
}
