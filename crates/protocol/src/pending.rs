//! The commands that wait for replies, and who sent each.

use std::collections::BTreeMap;

use crate::Event;

/// Senders of commands to the engine, by the ids of the commands. The engine repeats a command's id in its replies, so
/// each reply reaches the sender that asked.
#[derive(Clone, Debug)]
pub struct Pending<S> {
    last_id: u32,
    senders: BTreeMap<u32, S>,
}

impl<S> Default for Pending<S> {
    fn default() -> Self {
        Self { last_id: 0, senders: BTreeMap::new() }
    }
}

impl<S: Copy> Pending<S> {
    /// An id that no command had before.
    pub fn new_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// Records that `sender` waits for the replies to a command.
    pub fn expect(&mut self, id: u32, sender: S) {
        self.senders.insert(id, sender);
    }

    /// The senders that an event is for: the sender of the command that it answers, or all that wait if all models are
    /// lost. The last reply to a command ends the wait. Events that answer no command with an id are for none of them.
    pub fn take(&mut self, event: &Event) -> Vec<S> {
        if matches!(event, Event::Failed(failure) if failure.model_lost) {
            return std::mem::take(&mut self.senders).into_values().collect();
        }
        let Some(id) = event.id() else { return Vec::new() };
        let sender = if event.is_last() { self.senders.remove(&id) } else { self.senders.get(&id).copied() };
        sender.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cost, FailedStep, Failure};

    fn failed(what: FailedStep, model_lost: bool) -> Event {
        Event::Failed(Failure { what, message: String::new(), model_lost })
    }

    #[test]
    fn each_reply_reaches_the_sender_that_asked_until_the_last() {
        let mut pending = Pending::default();
        let (first, second) = (pending.new_id(), pending.new_id());
        pending.expect(first, 'a');
        pending.expect(second, 'b');
        let prefilled = |id| Event::Prefilled { id, prompt_tokens: 1, prefill_ms: 0.0 };
        let finished = |id| Event::Finished { id, cost: Cost::default() };
        assert_eq!(pending.take(&prefilled(second)), ['b']);
        assert_eq!(pending.take(&finished(second)), ['b']);
        assert_eq!(pending.take(&prefilled(second)), [], "nothing follows the last reply");
        assert_eq!(pending.take(&prefilled(first)), ['a']);
        assert_eq!(pending.take(&failed(FailedStep::Generate(first), false)), ['a']);
        assert_eq!(pending.take(&finished(first)), []);
        assert_eq!(pending.take(&Event::Judged { id: 99, weights: Vec::new() }), [], "no command had this id");
        assert!(pending.new_id() > second);
    }

    #[test]
    fn a_lost_model_is_for_all_and_other_events_are_for_none() {
        let mut pending = Pending::default();
        let ids: Vec<u32> = "abc".chars().map(|_| pending.new_id()).collect();
        ids.iter().zip("abc".chars()).for_each(|(id, sender)| pending.expect(*id, sender));
        assert_eq!(pending.take(&Event::Unloaded { slot: 0 }), []);
        assert_eq!(pending.take(&failed(FailedStep::Load(ids[0]), false)), [], "a slot is not an id");
        assert_eq!(pending.take(&Event::Scored { id: ids[1], tokens: Vec::new() }), ['b']);
        assert_eq!(pending.take(&failed(FailedStep::Device, true)), ['a', 'c']);
        assert_eq!(pending.take(&failed(FailedStep::Device, true)), []);
    }
}
