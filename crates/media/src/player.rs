//! What one port plays: a list of clips, once or for ever, and the place reached in it.
//!
//! A place is a clip and an offset; every codec has one byte a sample, so it stays good when the
//! codec changes. Clips follow each other within a frame: only the end of the last one is padded.
//! A play keeps the catalogue that it began with: a prompt that is replaced meanwhile is heard to
//! its end as it was, without a gap and without a click.

use std::sync::Arc;

use crate::{Catalog, ClipId, Codec, PlayId, Repeat};

/// The most clips of one play; further ones are left out and counted. The longest sentence spoken,
/// fifteen digits between two phrases, has less than a third.
pub const CLIPS_PER_PLAY_MAX: usize = 64;

/// The player of one port.
#[derive(Debug, Clone, Default)]
pub(crate) struct Player {
    playing: Option<Play>,
    /// Where the last play for ever was left, to be resumed there.
    left: Option<(Arc<Catalog>, Vec<ClipId>, Place)>,
    /// How many frames of silence still part a clip that was cut off from the next, in G.722.
    hush: u8,
}

/// How long G.722 is silent after a clip was cut off. What a decoder has learned of the sound would
/// distort the next clip, which knows nothing of it, and fades with a time constant of 32 ms.
pub(crate) const HUSH_FRAMES: u8 = 3;

#[derive(Debug, Clone)]
struct Play {
    catalog: Arc<Catalog>,
    id: PlayId,
    clips: Vec<ClipId>,
    repeat: Repeat,
    place: Place,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    clip: usize,
    offset: usize,
}

impl Player {
    /// Plays `clips` from the next frame on, in place of whatever plays. Gives the number of clips
    /// left out because of [`CLIPS_PER_PLAY_MAX`].
    pub(crate) fn play(
        &mut self,
        catalog: &Arc<Catalog>,
        id: PlayId,
        mut clips: Vec<ClipId>,
        repeat: Repeat,
    ) -> usize {
        self.stop();
        let cut = clips.len().saturating_sub(CLIPS_PER_PLAY_MAX);
        clips.truncate(CLIPS_PER_PLAY_MAX);
        let place = match (repeat, &self.left) {
            (Repeat::Forever, Some((earlier, left, place)))
                if *left == clips && catalog.has_the_same(left, earlier) =>
            {
                *place
            }
            (Repeat::Forever | Repeat::Once, _) => Place::default(),
        };
        self.playing = Some(Play { catalog: Arc::clone(catalog), id, clips, repeat, place });
        cut
    }

    /// Whether anything plays.
    pub(crate) fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Something else was heard in its place, and is cut off.
    pub(crate) fn cut_off(&mut self) {
        self.hush = HUSH_FRAMES;
    }

    /// Nothing plays any more.
    pub(crate) fn stop(&mut self) {
        let Some(play) = self.playing.take() else { return };
        self.hush = HUSH_FRAMES;
        if play.repeat == Repeat::Forever {
            self.left = Some((play.catalog, play.clips, play.place));
        }
    }

    /// Writes the next frame, silence where nothing plays. Gives the play that ends with it.
    pub(crate) fn fill(&mut self, codec: Codec, frame: &mut [u8]) -> Option<PlayId> {
        let hushed = self.hush > 0;
        self.hush = self.hush.saturating_sub(1);
        let Some(play) = self.playing.as_mut().filter(|_| codec != Codec::G722 || !hushed) else {
            frame.fill(codec.silence());
            return None;
        };
        let filled = play.copy(codec, frame);
        frame[filled..].fill(codec.silence());
        if play.repeat == Repeat::Forever || !play.at_end() {
            return None;
        }
        let ended = play.id;
        self.playing = None;
        Some(ended)
    }
}

impl Play {
    /// Copies what comes next into `frame` and gives how many bytes there were.
    fn copy(&mut self, codec: Codec, frame: &mut [u8]) -> usize {
        let mut filled = 0;
        let mut idle_rounds = 0;
        while filled < frame.len() {
            let Some(&clip) = self.clips.get(self.place.clip) else {
                // Twice past the end without a sample: there is no sound in any of the clips.
                idle_rounds += 1;
                if self.repeat == Repeat::Once || idle_rounds == 2 {
                    break;
                }
                self.place = Place::default();
                continue;
            };
            let left = self.catalog.codes(clip, codec).get(self.place.offset..).unwrap_or_default();
            let count = left.len().min(frame.len() - filled);
            frame[filled..filled + count].copy_from_slice(&left[..count]);
            filled += count;
            self.place.offset += count;
            if count > 0 {
                idle_rounds = 0;
            }
            if count == left.len() {
                self.place = Place { clip: self.place.clip + 1, offset: 0 };
            }
        }
        filled
    }

    /// Whether no sample is left.
    fn at_end(&self) -> bool {
        let rest = self.clips.get(self.place.clip..).unwrap_or_default();
        rest.iter().all(|&clip| self.catalog.codes(clip, Codec::Pcma).is_empty())
    }
}

#[cfg(test)]
mod tests {
    use audio::Law;

    use super::*;

    const FRAME: usize = 4;

    /// Clips `a` (6 samples), `b` (4) and `empty`, told apart by their codes.
    fn catalog() -> (Arc<Catalog>, [ClipId; 3]) {
        let mut catalog = Catalog::new();
        let g711 = catalog.g711().clone();
        let clip = |byte, length| vec![g711.decode(Law::A, byte); length];
        let ids = [
            catalog.add("a", &clip(0xAA, 6)),
            catalog.add("b", &clip(0xBB, 4)),
            catalog.add("empty", &[]),
        ];
        (Arc::new(catalog), ids)
    }

    /// Frames as text, `a` and `b` for their clips and `-` for silence, until `count` are filled.
    fn frames(player: &mut Player, count: usize) -> String {
        let frame = |_| {
            let mut bytes = [0; FRAME];
            let ended = player.fill(Codec::Pcma, &mut bytes);
            let text: String = bytes
                .iter()
                .map(|byte| match byte {
                    0xAA => 'a',
                    0xBB => 'b',
                    0xD5 => '-',
                    _ => '?',
                })
                .collect();
            text + ended.map(|PlayId(id)| format!("(end {id})")).as_deref().unwrap_or_default()
        };
        (0..count).map(frame).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn clips_follow_each_other_without_a_gap_and_the_last_is_padded() {
        let (catalog, [a, b, empty]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![a, empty, b, a], Repeat::Once);
        assert_eq!(frames(&mut player, 5), "aaaa aabb bbaa aaaa(end 1) ----");
        player.play(&catalog, PlayId(2), vec![a], Repeat::Once);
        assert_eq!(frames(&mut player, 3), "aaaa aa--(end 2) ----");
    }

    #[test]
    fn a_clip_without_sound_at_the_end_does_not_delay_the_end() {
        let (catalog, [_, b, empty]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![b, empty, empty], Repeat::Once);
        assert_eq!(frames(&mut player, 2), "bbbb(end 1) ----");
    }

    #[test]
    fn nothing_to_play_ends_with_the_next_frame() {
        let (catalog, [_, _, empty]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![], Repeat::Once);
        assert_eq!(frames(&mut player, 1), "----(end 1)");
        player.play(&catalog, PlayId(2), vec![empty, ClipId(99)], Repeat::Once);
        assert_eq!(frames(&mut player, 1), "----(end 2)");
    }

    #[test]
    fn music_goes_round_and_round() {
        let (catalog, [a, b, _]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![a, b], Repeat::Forever);
        assert_eq!(frames(&mut player, 5), "aaaa aabb bbaa aaaa bbbb");
    }

    #[test]
    fn music_without_a_sound_is_silence_and_never_ends() {
        let (catalog, [_, _, empty]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![empty, empty], Repeat::Forever);
        assert_eq!(frames(&mut player, 2), "---- ----");
        player.play(&catalog, PlayId(2), vec![], Repeat::Forever);
        assert_eq!(frames(&mut player, 2), "---- ----");
    }

    #[test]
    fn music_resumes_where_it_was_left_and_other_music_begins() {
        let (catalog, [a, b, _]) = catalog();
        let mut player = Player::default();
        player.play(&catalog, PlayId(1), vec![a, b], Repeat::Forever);
        assert_eq!(frames(&mut player, 1), "aaaa");
        player.play(&catalog, PlayId(2), vec![b], Repeat::Once);
        assert_eq!(frames(&mut player, 2), "bbbb(end 2) ----");
        player.play(&catalog, PlayId(3), vec![a, b], Repeat::Forever);
        assert_eq!(frames(&mut player, 1), "aabb");
        player.stop();
        assert_eq!(frames(&mut player, 1), "----");
        player.play(&catalog, PlayId(4), vec![a, b], Repeat::Forever);
        assert_eq!(frames(&mut player, 1), "bbaa");
        player.play(&catalog, PlayId(5), vec![b, a], Repeat::Forever);
        assert_eq!(frames(&mut player, 1), "bbbb");
        player.play(&catalog, PlayId(6), vec![b, a], Repeat::Once);
        assert_eq!(frames(&mut player, 1), "bbbb");
    }

    #[test]
    fn more_clips_than_the_limit_are_cut_and_counted() {
        let (catalog, [_, b, _]) = catalog();
        let mut player = Player::default();
        assert_eq!(player.play(&catalog, PlayId(1), vec![b; CLIPS_PER_PLAY_MAX], Repeat::Once), 0);
        assert_eq!(
            player.play(&catalog, PlayId(1), vec![b; CLIPS_PER_PLAY_MAX + 2], Repeat::Once),
            2
        );
        frames(&mut player, CLIPS_PER_PLAY_MAX - 1);
        assert_eq!(frames(&mut player, 1), "bbbb(end 1)");
    }

    #[test]
    fn what_is_replaced_meanwhile_is_heard_to_its_end_as_it_was() {
        let (old, [a, b, _]) = catalog();
        let mut new = (*old).clone();
        let changed = vec![new.g711().decode(Law::A, 0xBB); 10];
        assert_eq!(new.add("a", &changed), a);
        let new = Arc::new(new);
        let mut player = Player::default();
        player.play(&old, PlayId(1), vec![a], Repeat::Once);
        assert_eq!(frames(&mut player, 2), "aaaa aa--(end 1)");
        player.play(&new, PlayId(2), vec![a], Repeat::Once);
        assert_eq!(frames(&mut player, 3), "bbbb bbbb bb--(end 2)");
        player.play(&old, PlayId(3), vec![b, a], Repeat::Forever);
        assert_eq!(frames(&mut player, 2), "bbbb aaaa");
        player.play(&new, PlayId(4), vec![b, a], Repeat::Forever);
        let begins = player.playing.as_ref().map(|play| (play.place.clip, play.place.offset));
        assert_eq!(begins, Some((0, 0)));
        assert_eq!(frames(&mut player, 1), "bbbb", "other music begins");
        assert_eq!(frames(&mut player, 2), "bbbb bbbb", "and is the new one");
        player.play(&old, PlayId(5), vec![b], Repeat::Forever);
        player.fill(Codec::Pcma, &mut [0; 1]);
        player.play(&new, PlayId(6), vec![b], Repeat::Forever);
        let left = player.playing.as_ref().map(|play| play.place.offset);
        assert_eq!(left, Some(1), "the same music goes on where it was");
    }
}
