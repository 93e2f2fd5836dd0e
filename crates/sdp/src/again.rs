//! Our further offer within a dialog: what was agreed is its beginning.
//!
//! ```text
//!   they offered  m=audio 6000 RTP/SAVP 96 9 97   we answered  m=audio 4000 RTP/SAVP 9 97
//!                 m=video 6002 RTP/AVP 102                     m=video 0 RTP/AVP 102
//!   we offer      m=audio 4000 RTP/SAVP 9 8 0 97               (96 is theirs for something else)
//!                 m=video 0 RTP/AVP 102
//! ```
//! A payload type that stood for something in the dialog stands for nothing else later (RFC 3264
//! §8.3.2).

use sdp_types::{Media, Session};

use crate::audio::{Format, formats};
use crate::{CODECS_OFFERED, Codec, EVENT_PAYLOAD_TYPE, Local, crypto, write};

/// The dynamic payload types (RFC 3551 §6).
const DYNAMIC: std::ops::RangeInclusive<u8> = 96..=127;

/// The line of the voice in a description of ours.
pub(crate) fn voice(session: &Session) -> Option<usize> {
    session.medias.iter().position(|media| media.media == "audio" && media.port != 0)
}

/// Our line `last`, offered again. `known` is what the far end last said in its place.
pub(crate) fn offered(local: &Local<'_>, last: &Media, known: Option<&Media>) -> Media {
    let ours = formats(last, None);
    // What the far end means counts before what we have said: it may number a codec otherwise.
    let mut table = known.map_or_else(Vec::new, |known| formats(known, Some(last)));
    table.extend(
        ours.iter().filter(|(number, _)| !is_taken(&table, *number)).copied().collect::<Vec<_>>(),
    );
    let wanted = match local.speaks.codecs {
        [] => &CODECS_OFFERED[..],
        codecs => codecs,
    };
    let running = ours.iter().find_map(|(_, format)| format.codec());
    let others = wanted.iter().copied().filter(|codec| Some(*codec) != running);
    let codecs = running.into_iter().chain(others);
    let codecs: Vec<(u8, Codec)> = codecs
        .filter_map(|codec| {
            Some((number(&table, Format::Codec(codec), codec.payload_type())?, codec))
        })
        .collect();
    let event = local.speaks.events.then(|| {
        let preferred = number(&table, Format::Event, EVENT_PAYLOAD_TYPE);
        preferred.or_else(|| DYNAMIC.rev().find(|number| !is_taken(&table, *number)))
    });
    let mut media = write::voice(local.address.port(), &last.proto, &codecs, event.flatten());
    let running = crypto::running(last);
    for value in local.srtp.keys().into_iter().flat_map(|keys| crypto::offered_again(keys, running))
    {
        write::push(&mut media, "crypto", Some(value));
    }
    write::offer_end(&mut media);
    media
}

/// The number that `format` has in the dialog, or else `usual`, unless that is taken.
fn number(table: &[(u8, Format)], format: Format, usual: u8) -> Option<u8> {
    let known = table.iter().find(|(_, other)| *other == format).map(|(number, _)| *number);
    known.or_else(|| Some(usual).filter(|usual| !is_taken(table, *usual)))
}

fn is_taken(table: &[(u8, Format)], number: u8) -> bool {
    table.iter().any(|(taken, _)| *taken == number)
}
