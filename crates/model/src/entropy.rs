//! A tree of generators from one seed.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};

/// A seeded generator. A roof makes the root (from the operating system in `server`, from the test
/// seed in `sim`); each machine gets its own branch, so that a new draw in one place moves nothing
/// elsewhere. ChaCha12, so that tags and ports cannot be guessed from outside.
#[derive(Debug, Clone)]
pub struct Entropy {
    seed: [u8; 32],
    generator: ChaCha12Rng,
}

impl Entropy {
    /// The root of a tree.
    pub fn from_seed(seed: [u8; 32]) -> Entropy {
        Entropy { seed, generator: ChaCha12Rng::from_seed(seed) }
    }

    /// What this generator grows from: whoever has it draws the same.
    pub fn seed(&self) -> [u8; 32] {
        self.seed
    }

    /// The root of a tree from a small seed, as tests and `just seed` write it.
    pub fn from_u64(seed: u64) -> Entropy {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Entropy::from_seed(bytes)
    }

    /// The branch for `purpose`: it depends on the root's seed and the purpose only, not on what
    /// was drawn before.
    pub fn branch(&self, purpose: &str) -> Entropy {
        // FNV-1a spreads the purpose over the seed; ChaCha does the mixing.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in purpose.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut mixer = ChaCha12Rng::from_seed(self.seed);
        mixer.set_stream(hash);
        let mut seed = [0; 32];
        mixer.fill_bytes(&mut seed);
        Entropy::from_seed(seed)
    }

    /// Sixty-four random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Thirty-two random bits.
    pub fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// Random bytes of the quality of keys, as far as the root's seed is.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.generator.fill_bytes(bytes);
    }

    /// A number from 0 to `bound - 1`, without bias; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let zone = u64::MAX - u64::MAX % bound;
        loop {
            let draw = self.next_u64();
            if draw < zone {
                return draw % bound;
            }
        }
    }

    /// True `permille` times in a thousand.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.below(1_000) < u64::from(permille)
    }

    /// A token of `length` characters from `a`-`z` and `2`-`7`, for tags, branches and Call-IDs.
    pub fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        (0..length).map(|_| char::from(ALPHABET[(self.next_u32() & 31) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_does_not_depend_on_what_was_drawn_before() {
        let mut root = Entropy::from_u64(7);
        let before = root.branch("tags").next_u64();
        root.next_u64();
        assert_eq!(root.branch("tags").next_u64(), before);
        assert_ne!(root.branch("ports").next_u64(), before);
    }
}
