//! Which data set the page shows, while data sets are opened, cancelled and fail in any order.
//!
//! The view names a source, the worker holds a data set, and messages between them take time. [`Openings`] numbers each
//! opening and decides what may be shown: only the data set that the worker holds, and only if the view names it.

use askew_domain::view::Source;

/// Why a source is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// The reader chose it. The view names it once it is open, and keeps the one before if it fails.
    Chosen,
    /// The view names it: a link, Back or Forward.
    Named,
    /// The reader stopped it, but its reply may be on its way.
    Stopped,
}

/// What to do after the view has named a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Nothing: it is shown already.
    Stay,
    /// Open it, with this number.
    Open(u64),
    /// Stop what is being opened: the source is shown already, or needs the reader.
    Stop,
}

/// What to do after the worker has opened a data set or refused one. If [`Openings::shown`] is `None` now, nothing may be
/// shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Show the data set of this source. The view names the source, or must name it now.
    Show(Source),
    /// Nothing.
    Wait,
    /// Call [`Openings::follow`] again: the worker does not hold what the view names, and nothing is being opened.
    Follow,
}

#[derive(Debug, Clone)]
struct Opening {
    number: u64,
    source: Source,
    reason: Reason,
}

/// The openings under way, the data set that the worker holds, and the one that is shown.
#[derive(Debug, Clone, Default)]
pub struct Openings {
    last: u64,
    /// Openings without a reply, oldest first. A newer one makes the worker stop the older ones, but a reply may already
    /// be on its way.
    under_way: Vec<Opening>,
    /// Number and source of the data set that the worker holds.
    held: Option<(u64, Source)>,
    is_shown: bool,
}

impl Openings {
    /// Starts to open what the reader chose, and returns the opening's number. The worker repeats the number in its
    /// replies.
    pub fn choose(&mut self, source: Source) -> u64 {
        self.begin(source, Reason::Chosen)
    }

    /// The view has named a source, which can be opened without the reader or not.
    pub fn follow(&mut self, named: &Source, can_open: bool) -> Follow {
        self.is_shown &= self.is_held(named);
        if self.is_shown && self.pending().is_none() {
            Follow::Stay
        } else if can_open && !self.is_shown {
            Follow::Open(self.begin(named.clone(), Reason::Named))
        } else {
            self.stop();
            Follow::Stop
        }
    }

    /// The source that is being opened.
    #[must_use]
    pub fn pending(&self) -> Option<&Source> {
        let newest = self.under_way.last().filter(|opening| opening.reason != Reason::Stopped);
        newest.map(|opening| &opening.source)
    }

    /// Whether this is the opening under way. Its progress is shown.
    #[must_use]
    pub fn is_newest(&self, number: u64) -> bool {
        self.pending().is_some() && self.under_way.last().is_some_and(|opening| opening.number == number)
    }

    /// Number of the data set that is shown. Requests name it, and the worker answers only about that one.
    #[must_use]
    pub fn shown(&self) -> Option<u64> {
        self.held.as_ref().filter(|_| self.is_shown).map(|(number, _)| *number)
    }

    /// The worker has opened a data set, which replaces the one it held.
    pub fn opened(&mut self, number: u64, named: &Source) -> Settled {
        let Some(opening) = self.settle(number) else { return Settled::Wait };
        let is_choice = opening.reason == Reason::Chosen && self.under_way.is_empty();
        self.is_shown = is_choice || opening.source == *named;
        self.held = Some((number, opening.source.clone()));
        if self.is_shown { Settled::Show(opening.source) } else { self.without() }
    }

    /// The worker could not open a data set, and holds the one before.
    pub fn refused(&mut self, number: u64, named: &Source) -> Settled {
        match self.settle(number) {
            Some(opening) if !self.is_shown && opening.source != *named => self.without(),
            // What the view names could not be opened: the reader must act.
            _ => Settled::Wait,
        }
    }

    /// Stops the openings under way. What is shown stays.
    pub fn stop(&mut self) {
        for opening in &mut self.under_way {
            opening.reason = Reason::Stopped;
        }
    }

    /// The worker was replaced: it holds nothing and will not reply.
    pub fn restart(&mut self) {
        self.under_way.clear();
        self.held = None;
        self.is_shown = false;
    }

    fn begin(&mut self, source: Source, reason: Reason) -> u64 {
        self.last += 1;
        self.under_way.push(Opening { number: self.last, source, reason });
        self.last
    }

    fn is_held(&self, source: &Source) -> bool {
        self.held.as_ref().is_some_and(|(_, held)| held == source)
    }

    fn without(&self) -> Settled {
        if self.pending().is_none() { Settled::Follow } else { Settled::Wait }
    }

    /// Removes an opening and those before it, which the worker has stopped.
    fn settle(&mut self, number: u64) -> Option<Opening> {
        let at = self.under_way.iter().position(|opening| opening.number == number)?;
        self.under_way.drain(..=at).next_back()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    /// Sources by number: the last one needs the reader (its file handle is lost).
    const NUM_SOURCES: usize = 4;
    const LOST: usize = NUM_SOURCES - 1;

    fn source(number: usize) -> Source {
        Source::Published(number.to_string())
    }

    #[derive(Debug, Clone, Copy)]
    enum Act {
        Choose(usize),
        /// A link, Back or Forward.
        Name(usize),
        /// The reader presses "Stop".
        Stop,
        /// The page asks about the data that it shows.
        Ask,
        /// A source can or cannot be read from now on.
        Break(usize, bool),
        /// The worker handles its next message.
        Work,
        /// The worker ends the opening that it is reading.
        Finish,
        /// The page handles its next message.
        Hear,
        /// The worker dies and is replaced.
        Die,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            2 => (0..NUM_SOURCES).prop_map(Act::Choose),
            3 => (0..NUM_SOURCES).prop_map(Act::Name),
            1 => Just(Act::Stop),
            2 => Just(Act::Ask),
            1 => (0..NUM_SOURCES, any::<bool>()).prop_map(|(source, is_broken)| Act::Break(source, is_broken)),
            4 => Just(Act::Work),
            3 => Just(Act::Finish),
            4 => Just(Act::Hear),
            1 => Just(Act::Die),
        ];
        prop::collection::vec(act, 0..60)
    }

    enum Request {
        Open(u64, usize),
        Cancel,
        Ask(u64),
    }

    enum Reply {
        Opened(u64),
        Refused(u64),
        /// The data set's number and the source that the answer is about.
        Answer(u64, usize),
    }

    /// A page and a worker as they are connected in the app, with messages on their way.
    #[derive(Default)]
    struct World {
        page: Openings,
        named: usize,
        /// The source of the answers that the page draws.
        drawn: Option<usize>,
        requests: VecDeque<Request>,
        replies: VecDeque<Reply>,
        reading: Option<(u64, usize)>,
        held: Option<(u64, usize)>,
        broken: [bool; NUM_SOURCES],
    }

    impl World {
        fn act(&mut self, act: Act) {
            match act {
                Act::Choose(chosen) => {
                    let number = self.page.choose(source(chosen));
                    self.requests.push_back(Request::Open(number, chosen));
                }
                Act::Name(named) if named == self.named => {}
                Act::Name(named) => {
                    self.named = named;
                    self.follow();
                }
                Act::Stop => {
                    let is_named = self.page.pending() == Some(&source(self.named));
                    self.page.stop();
                    self.requests.push_back(Request::Cancel);
                    if !is_named {
                        self.follow();
                    }
                }
                Act::Ask => self.requests.extend(self.page.shown().map(Request::Ask)),
                Act::Break(source, is_broken) => self.broken[source] = is_broken,
                Act::Work => self.work(),
                Act::Finish => self.finish(),
                Act::Hear => self.hear(),
                Act::Die => {
                    (self.reading, self.held) = (None, None);
                    self.requests.clear();
                    self.replies.clear();
                    self.page.restart();
                    self.follow();
                }
            }
            if self.page.shown().is_none() {
                self.drawn = None;
            }
        }

        fn follow(&mut self) {
            match self.page.follow(&source(self.named), self.named != LOST) {
                Follow::Stay => {}
                Follow::Open(number) => self.requests.push_back(Request::Open(number, self.named)),
                Follow::Stop => self.requests.push_back(Request::Cancel),
            }
        }

        fn work(&mut self) {
            match self.requests.pop_front() {
                Some(Request::Open(number, source)) => self.reading = Some((number, source)),
                Some(Request::Cancel) => self.reading = None,
                Some(Request::Ask(about)) => {
                    let held = self.held.filter(|(number, _)| *number == about);
                    self.replies.extend(held.map(|(number, source)| Reply::Answer(number, source)));
                }
                None => {}
            }
        }

        fn finish(&mut self) {
            let Some((number, source)) = self.reading.take() else { return };
            if self.broken[source] {
                self.replies.push_back(Reply::Refused(number));
            } else {
                self.held = Some((number, source));
                self.replies.push_back(Reply::Opened(number));
            }
        }

        fn hear(&mut self) {
            let named = source(self.named);
            let settled = match self.replies.pop_front() {
                Some(Reply::Opened(number)) => self.page.opened(number, &named),
                Some(Reply::Refused(number)) => self.page.refused(number, &named),
                Some(Reply::Answer(about, source)) => {
                    if self.page.shown() == Some(about) {
                        self.drawn = Some(source);
                    }
                    Settled::Wait
                }
                None => Settled::Wait,
            };
            match settled {
                Settled::Show(shown) => {
                    let (Source::Published(name), Some(_)) = (shown, self.page.shown()) else {
                        panic!("nothing is shown")
                    };
                    self.named = name.parse().unwrap();
                    self.drawn = None;
                }
                Settled::Wait => {}
                Settled::Follow => self.follow(),
            }
        }

        fn is_quiet(&self) -> bool {
            self.requests.is_empty() && self.replies.is_empty() && self.reading.is_none()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_drawn_is_of_the_source_that_is_named(acts in acts()) {
            let mut world = World::default();
            world.follow();
            for act in &acts {
                world.act(*act);
                prop_assert!(world.drawn.is_none_or(|drawn| drawn == world.named), "{:?}", world.drawn);
            }
            for _ in 0..200 {
                [Act::Work, Act::Finish, Act::Hear].into_iter().for_each(|act| world.act(act));
            }
            prop_assert!(world.is_quiet(), "it opens the same again and again");
            prop_assert!(world.page.pending().is_none(), "it waits for ever");
            // Everything that could be opened is shown, and answers come.
            let was_hindered = acts.iter().any(|act| matches!(act, Act::Break(_, true) | Act::Stop));
            if !was_hindered && world.named != LOST {
                prop_assert!(world.page.shown().is_some());
            }
            if world.page.shown().is_some() {
                [Act::Ask, Act::Work, Act::Hear].into_iter().for_each(|act| world.act(act));
                prop_assert_eq!(world.drawn, Some(world.named));
            }
        }
    }

    /// A reader opens a file, chooses a published set, deletes the file and goes back.
    #[test]
    fn a_source_that_cannot_be_opened_again_shows_nothing() {
        let (mine, published) = (Source::Files(vec!["mine.csv".to_owned()]), source(0));
        let mut page = Openings::default();
        let number = page.choose(mine.clone());
        assert_eq!(page.opened(number, &published), Settled::Show(mine.clone()));
        let number = page.choose(published.clone());
        assert_eq!(page.opened(number, &mine), Settled::Show(published.clone()));
        let Follow::Open(number) = page.follow(&mine, true) else { panic!("it is not opened") };
        assert_eq!(page.shown(), None, "the published set is not shown under the file's name");
        assert_eq!(page.refused(number, &mine), Settled::Wait);
        assert_eq!(page.shown(), None);
    }
}
