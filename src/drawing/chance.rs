//! Chance that can be repeated: every stroke, stain and speck of a drawing comes from one seed. It must never ask the
//! clock or the system for randomness, or two drawings of the same page would differ.

/// SplitMix64. Small, fast and the same on every machine; not for secrets.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// A source that always tells the same story for the same seed.
    pub fn from_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A source of its own for one part of the drawing, so that a change in one part leaves the others as they were.
    pub fn for_part(seed: u64, part: &str) -> Self {
        // FNV-1a: the names of parts are few and fixed, so any mixing of their bytes will do.
        let name = part
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut mixed = Self::from_seed(seed ^ name);
        Self::from_seed(mixed.bits())
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Anywhere from 0 up to, but not at, 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Anywhere between two bounds.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number of `low..high`; `low` when the range is empty.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        let width = high.saturating_sub(low).max(1);
        low + (((self.bits() >> 32) * u64::from(width)) >> 32) as u32
    }

    /// True in `share` of the cases.
    pub fn happens(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// Near zero, with the given spread: the sum of four draws is as near to a bell as a shaking hand needs.
    pub fn wobble(&mut self, spread: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.unit() - 0.5).sum();
        sum * 1.732 * spread
    }
}

/// Many small draws for little: eight bytes are cut from each draw. For grain, of which a page has millions.
#[derive(Clone, Debug)]
pub struct Grains {
    chance: Chance,
    left: u64,
    count: u8,
}

impl Grains {
    /// Grains from a source of chance.
    pub fn from(chance: Chance) -> Self {
        Self { chance, left: 0, count: 0 }
    }

    /// The next grain, anywhere from 0 to 1.
    pub fn grain(&mut self) -> f32 {
        if self.count == 0 {
            (self.left, self.count) = (self.chance.bits(), 8);
        }
        let grain = (self.left & 0xff) as f32 / 255.0;
        self.left >>= 8;
        self.count -= 1;
        grain
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let story = |seed| {
            let mut chance = Chance::for_part(seed, "pen");
            (0..8).map(|_| chance.bits()).collect::<Vec<_>>()
        };
        assert_eq!(story(7), story(7));
        assert_ne!(story(7), story(8));
    }

    #[test]
    fn whole_numbers_stay_inside_their_range() {
        let mut chance = Chance::from_seed(1);
        assert!((0..1000).all(|_| (3..9).contains(&chance.whole(3, 9))));
        assert_eq!(chance.whole(5, 5), 5);
    }
}
