//! The rules of the promise, one small file each. Each has a test that makes it fail.

mod all_gone;
mod allowed;
mod channels;
mod conservation;
mod described;
mod fair;
#[cfg(test)]
mod forge;
mod heard;
mod offers;
mod once;
mod one_work;
mod packet;
mod promise;
mod reference;
mod registered;
mod replayed;
mod rtp;
mod spoken;
mod talks;
pub(crate) mod text;
mod wire;

pub use all_gone::AllGone;
pub use allowed::Allowed;
pub use channels::Channels;
pub use conservation::Conservation;
pub use fair::Fair;
pub use heard::Heard;
pub use offers::Offers;
pub use once::Once;
pub use one_work::OneWork;
pub use promise::PromiseKept;
pub use reference::{Complaint, Reference, Who};
pub use registered::Registered;
pub use replayed::{Again, again};
pub use rtp::RtpAudit;
pub use spoken::DurableBeforeSpoken;
pub use wire::WireAudit;

use crate::oracle::Oracle;

/// Every oracle, for an engine of these settings.
pub fn all(settings: &engine::Settings) -> Vec<Box<dyn Oracle>> {
    vec![
        Box::new(PromiseKept::default()),
        Box::new(Once::new(settings)),
        Box::new(DurableBeforeSpoken::default()),
        Box::new(OneWork::new(settings)),
        Box::new(Fair::new(settings)),
        Box::new(Registered::new(settings)),
        Box::new(WireAudit::default()),
        Box::new(Offers::default()),
        Box::new(RtpAudit::default()),
        Box::new(Conservation::default()),
        Box::new(AllGone),
        Box::new(Allowed::new(settings)),
        Box::new(Heard::default()),
        Box::new(Channels::new(settings)),
        Box::new(Again),
    ]
}
